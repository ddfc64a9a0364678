using Elsewhere.Model;
using Elsewhere.Serving;

namespace Elsewhere.Commands;

/// <summary>An alias as programs read it.</summary>
/// <param name="Name">The alias' name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Kind"><c>ClusterIP</c>, <c>Headless</c> or <c>ExternalName</c>.</param>
/// <param name="Object">What declares it.</param>
/// <param name="Addresses">Its service addresses.</param>
/// <param name="Target">Where the CNAME points, without the trailing dot; null without one.</param>
/// <param name="Ports">What clients dial.</param>
internal sealed record AliasJson(string Name, string Namespace, string Kind, ObjectJson Object, IReadOnlyList<string> Addresses, string? Target, IReadOnlyList<PortJson> Ports)
{
    internal static AliasJson Of(Alias alias) => new(
        alias.Key.Name,
        alias.Key.Namespace,
        alias.Kind switch { AliasKind.ClusterIP => "ClusterIP", AliasKind.Headless => "Headless", AliasKind.ExternalName => "ExternalName" },
        ObjectJson.Of(alias.Declared),
        [.. alias.ServiceAddresses.Select(static address => address.ToString())],
        alias.Target?.ToHostString(),
        [.. alias.Ports.Select(port => PortJson.Of(alias, port))]);
}

/// <summary>One port of an alias.</summary>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Port">What clients dial.</param>
/// <param name="Protocol"><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>.</param>
/// <param name="Gateway">Whether it goes through the HTTP gateway.</param>
/// <param name="Backends">Where it goes: <c>address:port</c> or <c>name:port</c>; through the gateway, the origins' URLs.</param>
internal sealed record PortJson(string Name, int Port, string Protocol, bool Gateway, IReadOnlyList<string> Backends)
{
    internal static PortJson Of(Alias alias, AliasPort port) => new(
        port.Name,
        port.Port,
        port.Protocol.ToString().ToUpperInvariant(),
        Destination.GatewayPort(alias, port) is not null,
        [.. Destination.Of(alias, port).Select(static one => one.Text)]);
}
