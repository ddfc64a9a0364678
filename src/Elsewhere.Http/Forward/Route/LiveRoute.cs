using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Route;

/// <summary>What a client wrote as the host.</summary>
/// <param name="Authority">Scheme, host and port.</param>
/// <param name="Form">Which of the alias' names it is.</param>
internal sealed record ClientName(WebAuthority Authority, NameForm Form);

/// <summary>One entry of the table, made ready for requests; kept as long as the entry stays as it is.</summary>
internal sealed class LiveRoute
{
    // Hosts come from clients: who invents ports does not fill the memory.
    private const int MostNames = 256;
    private readonly ConcurrentDictionary<string, ClientName> clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(WebAuthority Client, GatewayOrigin Origin), RewriteRules> views = new();

    private OriginSet origins = OriginSet.Empty;

    public LiveRoute(GatewayEntry entry, DnsName clusterDomain, string instance, AliasLoad load)
    {
        Entry = entry;
        Load = load;
        load.Limit.Apply(entry.Alias.Gateway!.Http.RateLimit);
        Names = new ClientNames(entry.Alias, clusterDomain);
        var http = entry.Alias.Gateway!.Http;
        Http = http;
        Set = [.. http.SetHeaders.Select(TextOf)];
        Add = [.. http.AddHeaders.Select(TextOf)];
        Removed = http.RemoveHeaders.Concat(http.SetHeaders.Select(static header => header.Name)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

        // RFC 8586: tells this alias of this instance from all others, and nobody else anything.
        LoopToken = $"elsewhere-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{instance}/{entry.Alias.Key}")).AsSpan(0, 8))}";
    }

    public GatewayEntry Entry { get; }

    public GatewayHttp Http { get; }

    /// <summary>What the alias' requests share.</summary>
    public AliasLoad Load { get; }

    /// <summary>Where requests go: the addresses of this entry's origins, and of no others. Replaced when names resolve to something else.</summary>
    public OriginSet Origins
    {
        get => Volatile.Read(ref origins);
        set => Volatile.Write(ref origins, value);
    }

    public ClientNames Names { get; }

    /// <summary>Request fields of the manifest, in the bytes that go out.</summary>
    public IReadOnlyList<(string Name, string Value)> Set { get; }

    /// <inheritdoc cref="Set"/>
    public IReadOnlyList<(string Name, string Value)> Add { get; }

    /// <summary>Fields of the client's that do not go on.</summary>
    public FrozenSet<string> Removed { get; }

    /// <summary>Marks requests that went through here.</summary>
    public string LoopToken { get; }

    /// <summary>What a client wrote as the host; null if it is no name of the alias.</summary>
    public ClientName? Find(string host)
    {
        if (clients.TryGetValue(host, out var known))
            return known;
        if (Parse(host) is not { } name)
            return null;
        if (clients.Count < MostNames)
            clients.TryAdd(host, name);
        return name;
    }

    /// <summary>The rules for a client's view through one origin.</summary>
    public RewriteRules View(ClientName client, GatewayOrigin origin)
    {
        if (views.TryGetValue((client.Authority, origin), out var known))
            return known;
        var rules = ClientView.Compile(Entry, Names, client.Authority, client.Form, origin);
        if (views.Count < MostNames)
            views.TryAdd((client.Authority, origin), rules);
        return rules;
    }

    private ClientName? Parse(string text)
    {
        if (text.Length == 0 || !WebUrl.TryParse(Encoding.Latin1.GetBytes($"//{text}"), out var url) || url.RestAt != text.Length + 2 || url.UserInfoAt != url.HostAt)
            return null;
        var secure = Entry.Port.Secure;
        var host = Encoding.UTF8.GetString(url.HostOf(Encoding.Latin1.GetBytes($"//{text}")));
        return WebAuthority.TryCreate(secure, host, url.PortOr(WebAuthority.DefaultPort(secure)), out var authority) && Names.Find(authority.Host) is { } form
            ? new ClientName(authority, form)
            : null;
    }

    // UTF-8 bytes as the Latin-1 text that becomes those bytes again.
    private static (string, string) TextOf(GatewayHeader header) => (header.Name, Encoding.Latin1.GetString(header.Value.Bytes.AsSpan()));
}
