using System.Diagnostics;
using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.RelayLoad;

/// <summary>How long many listeners take, and what they cost.</summary>
internal static class Startup
{
    public static async Task<int> RunAsync(int count)
    {
        var snapshot = Snapshot(count / 2);
        await using var relay = new RelayServer();
        var memory = Process.GetCurrentProcess().WorkingSet64;
        var watch = Stopwatch.StartNew();
        var table = RelayTable.Build(snapshot, OriginAddresses.Empty, DialPolicy.OneMachine);
        var built = watch.Elapsed;
        var report = await relay.ApplyAsync(table);
        var applied = watch.Elapsed - built;
        Console.WriteLine($"{report.Listening} listeners: table {built.TotalMilliseconds:F0} ms, bound {applied.TotalMilliseconds:F0} ms, resident +{(Process.GetCurrentProcess().WorkingSet64 - memory) / 1e6:F0} MB, {report.Problems.Count} problems");
        for (var i = 0; i < 3; i++)
        {
            watch.Restart();
            var again = RelayTable.Build(Change(snapshot, i), OriginAddresses.Empty, DialPolicy.OneMachine);
            built = watch.Elapsed;
            await relay.ApplyAsync(again);
            Console.WriteLine($"one alias changed: table {built.TotalMilliseconds:F1} ms, applied {(watch.Elapsed - built).TotalMilliseconds:F1} ms");
        }

        watch.Restart();
        await relay.ApplyAsync(RelayTable.Empty, TimeSpan.Zero);
        Console.WriteLine($"all closed: {watch.Elapsed.TotalMilliseconds:F0} ms");
        return 0;
    }

    private static AliasSnapshot Snapshot(int aliases) => new(
        DnsName.Parse("cluster.local."),
        [],
        Enumerable.Range(0, aliases).Select(i => Alias(i, 9000)).ToSeq(),
        [],
        [],
        AddressBook.Empty);

    private static AliasSnapshot Change(AliasSnapshot snapshot, int index) =>
        snapshot with { Aliases = snapshot.Aliases.Select((a, i) => i == index ? Alias(i, 9001) : a).ToSeq() };

    private static Alias Alias(int index, int port) => new(
        new ObjectKey("bench", $"alias-{index:D5}"),
        ObjectRef.None,
        AliasKind.ClusterIP,
        [new IPAddress([127, 90, (byte)(index / 250), (byte)(1 + (index % 250))])],
        null,
        [Port("a", 20_080, port), Port("b", 20_443, port)],
        null,
        null);

    private static AliasPort Port(string name, int port, int to) =>
        new(name, port, Protocol.Tcp, "", [new Backend(IPText.Parse("127.83.0.9"), null, to)]);
}
