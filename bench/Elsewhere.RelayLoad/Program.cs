using System.Globalization;
using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using Elsewhere.RelayLoad;

// elsewhere-relay-load compare [GIGABYTES]           our engines beside nginx and HAProxy, one table
// elsewhere-relay-load start COUNT                   how long COUNT listeners take, and what they cost
// elsewhere-relay-load relay ENGINE LISTEN TARGET    one relay until standard input ends
// elsewhere-relay-load origin LISTEN                 the origin of the load until standard input ends
switch (args)
{
    case ["compare", .. var rest]:
        return await Comparison.RunAsync(rest.Length > 0 ? double.Parse(rest[0], CultureInfo.InvariantCulture) : 2);
    case ["start", var count]:
        return await Startup.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
    case ["relay", var engine, var listen, var target]:
        await RelayAsync(engine, IPEndPoint.Parse(listen), IPEndPoint.Parse(target));
        return 0;
    case ["origin", var listen]:
        using (Load.Serve(IPEndPoint.Parse(listen)))
            await Console.In.ReadToEndAsync();
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: compare [GIGABYTES] | start COUNT | relay splice|copy|portable LISTEN TARGET | origin LISTEN");
        return 2;
}

static async Task RelayAsync(string engine, IPEndPoint listen, IPEndPoint target)
{
    var options = new RelayOptions { Portable = engine == "portable", Splice = engine == "splice" };
    await using var relay = new RelayServer(options, TimeProvider.System);
    var entry = new RelayEntry(
        new RelayListen(listen.Address, listen.Port, Protocol.Tcp),
        new ObjectKey("bench", "relay"),
        [new RelayTarget(target.Address, target.Port, 0, 1)],
        null);
    var report = await relay.ApplyAsync(new RelayTable([entry], []));
    if (!report.Problems.IsEmpty)
        await Console.Error.WriteLineAsync(report.Problems.ToString());
    await Console.In.ReadToEndAsync();
}
