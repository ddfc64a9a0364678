using System.Net;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Serving.Status;

/// <summary>How the origins of an alias do: those that the gateway asks, then those that ports are relayed to.</summary>
internal static class OriginStatuses
{
    internal static IEnumerable<OriginStatus> Of(Alias alias, StatusSources sources) => OfGateway(alias, sources).Concat(OfRelay(alias, sources)).DistinctBy(static origin => (origin.Url, origin.Priority));

    private static IEnumerable<OriginStatus> OfGateway(Alias alias, StatusSources sources) =>
        from port in alias.Gateway?.Ports ?? []
        let members = sources.Gateway.Find(alias.Key, port).Members
        from pair in port.Origins.Select(static (origin, index) => (Origin: origin, Index: index))
        let key = OriginKey.Of(pair.Origin)
        let known = members.Where(member => member.Index == pair.Index).Select(static member => Address(member.Address.Status))
        let denied = sources.DeniedOf[alias.Key].Where(one => one.Origin == key)
            .Select(one => new OriginAddressStatus(new IPEndPoint(one.Address, key.DialledPort).ToString(), OriginHealth.Denied, $"{one.Address} {one.Reason}", null, null, null))
        select Make(
            Destination.Url(pair.Origin.Url), pair.Origin.Priority, pair.Origin.Weight, (pair.Origin.Proxy ?? pair.Origin.Url).Host,
            pair.Origin.Proxy is null && !pair.Origin.Addresses.IsEmpty, [.. known, .. denied], sources);

    private static IEnumerable<OriginStatus> OfRelay(Alias alias, StatusSources sources) =>
        from port in alias.Kind == AliasKind.ClusterIP ? alias.Ports : []
        where port.Protocol != Protocol.Sctp && (port.Protocol != Protocol.Tcp || alias.Gateway?.Serves(port.Port) != true)
        from backend in port.Backends
        let addresses = backend.Address is { } literal ? [literal] : sources.Names.Find(backend.Name!)?.Addresses ?? []
        select Make(
            $"{port.Protocol.ToString().ToLowerInvariant()}://{Destination.TextOf(backend)}", backend.Priority, backend.Weight, backend.Name, false,
            [.. addresses.Select(address => Relayed(new IPEndPoint(IPText.Unmap(address), backend.Port), port.Protocol, sources))], sources);

    private static OriginStatus Make(string url, int priority, int weight, DnsName? name, bool isListed, OriginAddressStatus[] addresses, StatusSources sources)
    {
        var state = name is null || isListed ? null : sources.Names.Find(name);
        return new OriginStatus(
            url, priority, weight, state is { Addresses.IsEmpty: false } ? state.Ttl.TotalSeconds : null, state?.ResolvedAt, state?.Problem, addresses);
    }

    private static OriginAddressStatus Address(AddressStatus status) => new(
        status.Key.EndPoint.ToString(), Word(status.Health), status.Health == AddressHealth.Up ? null : status.Reason, status.Since, status.LastError, status.LastErrorAt);

    private static OriginAddressStatus Relayed(IPEndPoint target, Protocol protocol, StatusSources sources) => sources.Target(target, protocol) switch
    {
        null => new(target.ToString(), OriginHealth.Denied, "nothing is passed on to it; the findings say why", null, null, null),
        { Failures: > 0 } ill => new(target.ToString(), OriginHealth.Unreachable, ill.LastError, null, ill.LastError, null),
        var well => new(target.ToString(), OriginHealth.Healthy, null, null, well.LastError, null),
    };

    // The worst of several first.
    private static OriginHealth Word(AddressHealth health) =>
        health.HasFlag(AddressHealth.Unreachable) ? OriginHealth.Unreachable : health.HasFlag(AddressHealth.CheckFails) ? OriginHealth.CheckFails : health.HasFlag(AddressHealth.Failing) ? OriginHealth.Ejected : OriginHealth.Healthy;
}
