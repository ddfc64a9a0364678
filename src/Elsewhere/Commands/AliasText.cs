using System.Globalization;
using Elsewhere.Model;
using Elsewhere.Serving;

namespace Elsewhere.Commands;

/// <summary>An alias in a few words.</summary>
internal static class AliasText
{
    private const int MaxBackends = 3;

    /// <summary>Its service addresses, or what it is instead.</summary>
    internal static string Address(Alias alias) => alias.Kind switch
    {
        AliasKind.ClusterIP => alias.ServiceAddresses.IsEmpty ? "none" : string.Join(", ", (IEnumerable<System.Net.IPAddress>)alias.ServiceAddresses),
        AliasKind.Headless => "headless",
        AliasKind.ExternalName => "CNAME",
    };

    /// <summary><c>80/TCP</c>, with its name if it has one.</summary>
    internal static string Port(AliasPort port) =>
        string.Create(CultureInfo.InvariantCulture, $"{port.Port}/{port.Protocol.ToString().ToUpperInvariant()}{(port.Name.Length > 0 ? $" {port.Name}" : "")}");

    /// <summary>The CNAME's target; for an external name that is none, that it leads nowhere.</summary>
    internal static string Target(Alias alias) => alias.Target?.ToHostString() ?? "nowhere: see the findings";

    /// <summary>The first destinations.</summary>
    internal static string Destinations(Alias alias, AliasPort port)
    {
        var all = Destination.Of(alias, port);
        return all.Count == 0
            ? (Destination.GatewayPort(alias, port) is null ? "nowhere: no ready endpoint" : "nowhere: see the findings")
            : string.Join(", ", all.Take(MaxBackends).Select(static one => one.Text)) + (all.Count > MaxBackends ? $" and {all.Count - MaxBackends} more" : "")
                + (Destination.GatewayPort(alias, port) is null ? "" : " (gateway)");
    }
}
