using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>The names that have to be resolved to serve aliases.</summary>
internal static class OriginNames
{
    /// <summary>All of them: of relays, and of the gateway's origins and the proxies in between.</summary>
    internal static HashSet<DnsName> Of(Seq<Alias> aliases, IEnumerable<Alias> alsoWanted)
    {
        var names = new HashSet<DnsName>();
        foreach (var alias in aliases)
        {
            AddBackends(alias, names);
            AddGateway(alias, names);
        }

        foreach (var alias in alsoWanted)
            AddGateway(alias, names);
        return names;
    }

    /// <summary>Those that an alias's ports are relayed to.</summary>
    internal static void AddBackends(Alias alias, HashSet<DnsName> names)
    {
        foreach (var port in alias.Ports)
        {
            foreach (var backend in port.Backends)
            {
                if (backend.Name is not null)
                    names.Add(backend.Name);
            }
        }
    }

    private static void AddGateway(Alias alias, HashSet<DnsName> names)
    {
        if (alias.Gateway is null)
            return;
        foreach (var port in alias.Gateway.Ports)
        {
            foreach (var origin in port.Origins)
            {
                if (origin.Addresses.IsEmpty && origin.Url.Host is { } host)
                    names.Add(host);
                if (origin.Proxy?.Host is { } proxy)
                    names.Add(proxy);
            }
        }
    }
}
