using System.Globalization;
using Elsewhere.Model;

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

    /// <summary>The first backends.</summary>
    internal static string Backends(AliasPort port) => port.Backends.IsEmpty ? "nowhere: no ready endpoint"
        : string.Join(", ", port.Backends.Take(MaxBackends).Select(Backend)) + (port.Backends.Count > MaxBackends ? $" and {port.Backends.Count - MaxBackends} more" : "");

    /// <summary><c>1.1.1.1:9000</c>, <c>api.example:443</c>.</summary>
    internal static string Backend(Backend backend) => backend.Address is { } address
        ? new System.Net.IPEndPoint(address, backend.Port).ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{backend.Name!.ToHostString()}:{backend.Port}");
}
