using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Route;

/// <summary>One alias as one client sees it, through one origin: what is mapped to what. Compiled once for each name that clients use.</summary>
internal static class ClientView
{
    /// <summary>Compiles the rules.</summary>
    /// <param name="entry">What is served.</param>
    /// <param name="names">The names of the alias.</param>
    /// <param name="client">Scheme, host and port as the client wrote them.</param>
    /// <param name="form">The form of that host.</param>
    /// <param name="origin">The origin that this request goes to.</param>
    public static RewriteRules Compile(GatewayEntry entry, ClientNames names, WebAuthority client, NameForm form, GatewayOrigin origin)
    {
        var http = entry.Alias.Gateway!.Http;
        var pairs = new List<UrlPair> { Pair(origin, client) };
        foreach (var other in entry.Port.Origins)
            Add(pairs, other, client);

        // The other ports of the alias are other sites: an alias of http://name and https://name has both.
        foreach (var port in entry.Alias.Gateway.Ports)
        {
            if (port.Port == entry.Port.Port)
                continue;
            foreach (var other in port.Origins)
                Add(pairs, other, new WebAuthority(port.Secure, client.Host, port.Port));
        }

        foreach (var neighbour in entry.Neighbours)
        {
            if (neighbour.Name == entry.Alias.Key.Name)
                continue;
            var host = names.Of(neighbour.Name, form);

            // A page that came by TLS must not lead to clear text; the other way round both do, and what the client speaks already works.
            foreach (var port in neighbour.Ports.OrderBy(port => port.Secure != client.Secure))
            {
                foreach (var other in port.Origins)
                    Add(pairs, other, new WebAuthority(port.Secure, host, port.Port));
            }
        }

        return new RewriteRules(UrlMap.Compile(pairs.ToSeq()))
        {
            Host = http.Host switch { HostRule.Origin => HostPolicy.Origin, HostRule.Alias => HostPolicy.Alias, HostRule.Literal => HostPolicy.Literal },
            HostLiteral = http.HostLiteral,
            Headers = http.Rewrite.Headers,
            Cookies = http.Rewrite.Cookies,
            Bodies = http.Rewrite.Bodies,
        };
    }

    /// <summary>How an origin calls itself.</summary>
    public static WebAuthority AuthorityOf(OriginUrl url)
    {
        var host = url.Host?.ToHostString() ?? url.Address!.ToString();
        return WebAuthority.TryCreate(url.Scheme == OriginScheme.Https, host, url.Port, out var authority)
            ? authority
            : new WebAuthority(url.Scheme == OriginScheme.Https, host.ToLowerInvariant(), url.Port);
    }

    private static void Add(List<UrlPair> pairs, GatewayOrigin origin, WebAuthority client)
    {
        var pair = Pair(origin, client);
        if (!pairs.Contains(pair))
            pairs.Add(pair);
    }

    private static UrlPair Pair(GatewayOrigin origin, WebAuthority client) => new(AuthorityOf(origin.Url), origin.Url.BasePath.TrimEnd('/'), client);
}
