using System.Net;
using System.Net.Sockets;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Serving.Status;
using Elsewhere.Tests.Http.Relay;
using Elsewhere.Tests.Kubernetes.Api.Server;

namespace Elsewhere.Tests.Serving;

/// <summary>API, files, DNS and relays as <c>run</c> puts them together.</summary>
internal sealed class LiveApi : IAsyncDisposable
{
    private static int ranges;
    private readonly CancellationTokenSource over = new();
    private readonly Engine engine;
    private readonly ApiObjects objects;
    private readonly Cidr range;
    private Task running = Task.CompletedTask;
    private ManifestWatcher? watcher;
    private StatusReporter? reporter;

    private LiveApi(TimeProvider time)
    {
        range = Cidr.Parse($"127.{200 + (Environment.ProcessId % 50)}.{2 * (Interlocked.Increment(ref ranges) % 75)}.0/23");
        var resolve = ResolveOptions.Default with { ServiceCidrs = [range] };
        engine = new Engine(new EngineOptions(resolve, [new IPEndPoint(RelayKit.NextAddress(), 5300)], [], [], DialPolicy.OneMachine, Relays: true), TimeProvider.System);
        objects = ApiObjects.Open(null, [range], ReadOptions.Default, () => engine.Live.Snapshot.Addresses, time, out _);
    }

    public RunningApi Api { get; private set; } = null!;

    public Engine Engine => engine;

    /// <summary>An address of the range of services.</summary>
    public IPAddress Address(byte last) => new([.. range.Network.GetAddressBytes()[..3], last]);

    /// <summary>Begins to serve.</summary>
    /// <param name="paths">Files of manifests.</param>
    /// <param name="follows">Whether the data plane gets to see what is written.</param>
    /// <param name="time">The clock of the API.</param>
    public static async Task<LiveApi> StartAsync(string[]? paths = null, bool follows = true, TimeProvider? time = null)
    {
        var live = new LiveApi(time ?? TimeProvider.System);
        live.watcher = ManifestWatcher.Start(
            paths ?? [], ReadOptions.Default, follows ? live.engine.Accept : static _ => new TaskCompletionSource().Task, TimeProvider.System, api: live.objects);
        var start = await live.engine.StartAsync(live.watcher.Current);
        live.objects.Publish(start.Now);
        live.running = live.engine.RunAsync(change => live.objects.Publish(change.Now), live.over.Token);
        live.reporter = StatusReporter.Start(live.objects, () => AliasReports.Of(live.engine.Live.Snapshot, live.engine.Status), TimeProvider.System);
        live.Api = await RunningApi.ServeAsync(live.objects);
        return live;
    }

    /// <summary>Asks DNS once.</summary>
    public async Task<byte[]> AskAsync(string name)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        await socket.ConnectAsync(engine.DnsListeners.First(static listener => listener.Problem is null).EndPoint);
        byte[] question = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsName.Parse(name).Wire, 0, 1, 0, 1];
        await socket.SendAsync(question);
        var answer = new byte[512];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return answer[..await socket.ReceiveAsync(answer, limit.Token)];
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        if (reporter is not null)
            await reporter.DisposeAsync();
        if (watcher is not null)
            await watcher.DisposeAsync();
        await running;
        await Api.DisposeAsync();
        await engine.DisposeAsync();
        over.Dispose();
    }
}
