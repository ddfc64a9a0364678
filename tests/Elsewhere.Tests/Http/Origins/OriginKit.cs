using System.Net;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>What the specs of this folder build with.</summary>
internal static class OriginKit
{
    internal static readonly long Second = TimeSpan.TicksPerSecond;

    internal static GatewayOrigin Origin(string host, int priority = 0, int weight = 100, int port = 80, OriginTls? tls = null) =>
        new(new OriginUrl(tls is null ? OriginScheme.Http : OriginScheme.Https, DnsName.Parse(host + "."), null, port, "/"), priority, weight, [], tls, null);

    internal static GatewayOrigin At(IPEndPoint endPoint, int priority = 0, int weight = 100) =>
        new(new OriginUrl(OriginScheme.Http, null, endPoint.Address, endPoint.Port, "/"), priority, weight, [], null, null);

    internal static HealthCheckView HttpCheck(int healthy = 1, int unhealthy = 3, string path = "/healthz") =>
        new(path, [new StatusRange(200, 399)], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), healthy, unhealthy);

    internal static AddressState StateOf(GatewayOrigin origin, string address = "203.0.113.1", HealthCheckView? check = null, OriginOptions? options = null, Action<AddressState>? changed = null) =>
        new(new AddressKey(OriginKey.Of(origin), IPText.Parse(address), check), options ?? new OriginOptions(), changed ?? (static _ => { }));

    internal static OriginMember Member(string host, int priority = 0, int weight = 100, HealthCheckView? check = null)
    {
        var origin = Origin(host, priority, weight);
        return new OriginMember(0, origin, StateOf(origin, check: check), weight);
    }

    internal static OriginSet Set(params ReadOnlySpan<OriginMember> members) => new(members, new OriginOptions());

    /// <summary>The hosts that so many requests go to, one after the other, each with how many.</summary>
    internal static Dictionary<string, int> Picks(OriginSet set, int count, long now = 0)
    {
        var hosts = new Dictionary<string, int>();
        for (var i = 0; i < count; i++)
        {
            var host = Pick(set, now).Member!.Origin.Url.Host!.ToHostString();
            hosts[host] = hosts.GetValueOrDefault(host) + 1;
        }

        return hosts;
    }

    internal static OriginPick Pick(OriginSet set, long now = 0)
    {
        ulong tried = 0;
        return set.Pick(now, ref tried);
    }

    internal static void Fail(this AddressState state, AddressFailure failure, int times = 1, long now = 0)
    {
        for (var i = 0; i < times; i++)
            state.Failed(failure, now, "it failed");
    }
}
