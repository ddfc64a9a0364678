using System.Globalization;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>One place that a port leads to.</summary>
/// <param name="Text"><c>1.1.1.1:9000</c>, or the URL of an origin of the gateway.</param>
/// <param name="Priority">Lower first.</param>
/// <param name="Weight">Share within the priority.</param>
internal readonly record struct Destination(string Text, int Priority, int Weight)
{
    internal static IReadOnlyList<Destination> Of(Alias alias, AliasPort port) => GatewayPort(alias, port) is { } http
        ? [.. http.Origins.Select(static origin => new Destination(Url(origin.Url), origin.Priority, origin.Weight))]
        : [.. port.Backends.Select(static backend => new Destination(TextOf(backend), backend.Priority, backend.Weight))];

    /// <summary>How the gateway serves a port; null if it is relayed.</summary>
    internal static GatewayPort? GatewayPort(Alias alias, AliasPort port) =>
        port.Protocol == Protocol.Tcp ? alias.Gateway?.Ports.FirstOrDefault(http => http.Port == port.Port) : null;

    /// <summary><c>1.1.1.1:9000</c>, or a name and a port.</summary>
    internal static string TextOf(Backend backend) => backend.Address is { } address
        ? new System.Net.IPEndPoint(address, backend.Port).ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{backend.Name!.ToHostString()}:{backend.Port}");

    /// <summary>The URL of an origin, without what goes without saying.</summary>
    internal static string Url(OriginUrl url)
    {
        var host = url.Host?.ToHostString() ?? (url.Address!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{url.Address}]" : url.Address.ToString());
        var port = url.Port == (url.Scheme == OriginScheme.Https ? 443 : 80) ? "" : string.Create(CultureInfo.InvariantCulture, $":{url.Port}");
        return $"{url.Scheme.ToString().ToLowerInvariant()}://{host}{port}{(url.BasePath == "/" ? "" : url.BasePath)}";
    }
}
