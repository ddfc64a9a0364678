using System.Collections.Frozen;
using System.Net;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Route;

/// <summary>How a client may call an alias, and what its neighbours are called in the same manner.</summary>
internal enum NameForm
{
    /// <summary><c>payments</c></summary>
    Short,

    /// <summary><c>payments.shop</c></summary>
    Namespaced,

    /// <summary><c>payments.shop.svc</c></summary>
    Service,

    /// <summary><c>payments.shop.svc.cluster.local</c></summary>
    Full,

    /// <summary>A service address, or one of <c>hostnames</c>: neighbours are called by their namespaced form.</summary>
    Other,
}

/// <summary>The names that an alias answers to.</summary>
internal sealed class ClientNames
{
    private readonly FrozenDictionary<string, NameForm> forms;
    private readonly string ns;
    private readonly string zone;

    public ClientNames(Alias alias, DnsName clusterDomain)
    {
        ns = alias.Key.Namespace;
        zone = clusterDomain.ToHostString().ToLowerInvariant();
        var all = new Dictionary<string, NameForm>(StringComparer.Ordinal);
        foreach (var host in alias.Gateway?.Hostnames ?? [])
            all[host.ToHostString().ToLowerInvariant()] = NameForm.Other;
        foreach (var address in alias.ServiceAddresses)
            all[TextOf(address)] = NameForm.Other;
        foreach (var form in (ReadOnlySpan<NameForm>)[NameForm.Short, NameForm.Namespaced, NameForm.Service, NameForm.Full])
            all[Of(alias.Key.Name, form)] = form;
        forms = all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>All of them, for people.</summary>
    public IEnumerable<string> All => forms.OrderBy(static pair => pair.Value).Select(static pair => pair.Key);

    /// <summary>Which form a host is; null if it is none of this alias.</summary>
    /// <param name="host">Normalised as <see cref="WebAuthority"/> does.</param>
    public NameForm? Find(string host) => forms.TryGetValue(host, out var form) ? form : null;

    /// <summary>The name of an alias of this namespace in a form.</summary>
    public string Of(string name, NameForm form) => form switch
    {
        NameForm.Short => name,
        NameForm.Namespaced or NameForm.Other => $"{name}.{ns}",
        NameForm.Service => $"{name}.{ns}.svc",
        NameForm.Full => $"{name}.{ns}.svc.{zone}",
    };

    private static string TextOf(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
