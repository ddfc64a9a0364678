using Elsewhere.Model;

namespace Elsewhere.Demo;

/// <summary>What the demo found.</summary>
/// <param name="Place">The ports.</param>
/// <param name="Before">Through a plain Service.</param>
/// <param name="After">Through the gateway.</param>
/// <param name="Took">All of it.</param>
internal sealed record DemoResult(DemoPlace Place, IReadOnlyList<DemoOutcome> Before, IReadOnlyList<DemoOutcome> After, TimeSpan Took)
{
    /// <summary>Whether nothing is wrong through the gateway.</summary>
    internal bool IsClean => After.All(static outcome => outcome.Ok);
}

/// <summary>The demo: one origin, one name, first without and then with the gateway.</summary>
internal static class DemoShow
{
    internal static async Task<DemoResult> RunAsync(DemoPlace place, TimeProvider time, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        using var identity = OriginIdentity.Create(time.GetUtcNow());
        await using var origin = await StrictOrigin.StartAsync(place, identity);
        await using var dns = OriginDns.Start(place.NameServer, time);
        var before = await ProbeAsync(DemoCluster.Plain(), place, identity, time, cancellation);
        var after = await ProbeAsync(DemoCluster.Alias(place, identity.Authority), place, identity, time, cancellation);
        return new DemoResult(place, before, after, time.GetElapsedTime(start));
    }

    private static async Task<IReadOnlyList<DemoOutcome>> ProbeAsync(
        string manifest, DemoPlace place, OriginIdentity identity, TimeProvider time, CancellationToken cancellation)
    {
        await using var cluster = await DemoCluster.StartAsync(manifest, place, time);
        if (cluster.Findings.FirstOrDefault(static finding => finding.Severity == Severity.Error) is { } finding)
            throw new IOException($"{finding.Message} ({finding.Code})");
        using var client = new DemoClient(cluster, identity.Authority);
        return await new DemoProbe(place, client).RunAsync(cancellation);
    }
}
