using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Serves a table over UDP and TCP, and forwards the rest. The table is read once per query, so that replacing it needs no lock and loses nothing.
/// </summary>
public sealed class DnsServer : IAsyncDisposable
{
    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(1);
    private const int PortTries = 16;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private readonly Forwarder forwarder;
    private readonly TcpService tcp;
    private readonly List<UdpWorker> workers = [];
    private readonly List<PlainUdpWorker> plainWorkers = [];
    private readonly Func<DnsTable> current;
    private readonly AnswerSettings settings;
    private readonly List<ListenReport> reports = [];
    private Task? stopped;

    private DnsServer(DnsServerOptions options, Func<DnsTable> current, UpstreamQuery? upstream, TimeProvider time)
    {
        this.time = time;
        this.current = current;
        Span<byte> secret = stackalloc byte[16];
        RandomNumberGenerator.Fill(secret);
        settings = new AnswerSettings(
            upstream is not null, Encoding.ASCII.GetBytes(options.Identity), BitConverter.ToUInt64(secret), BitConverter.ToUInt64(secret[8..]));
        forwarder = new Forwarder(upstream, settings, options.MaxForwards, stopping.Token);
        tcp = new TcpService(options, current, settings, forwarder, time);
    }

    /// <summary>What became of each address, UDP before TCP. Those that failed do not keep the others from serving.</summary>
    public Seq<ListenReport> Listeners => reports.ToSeq();

    /// <summary>Where it answers over both, ports as taken.</summary>
    public Seq<IPEndPoint> EndPoints =>
        reports.Where(report => report.Listens && report.Transport == DnsTransport.Udp).Select(report => report.EndPoint).ToSeq();

    /// <summary>What it did so far.</summary>
    public DnsCounters Counters => new(
        workers.Sum(worker => worker.Queries) + plainWorkers.Sum(worker => worker.Queries),
        tcp.Queries,
        workers.Sum(worker => worker.Dropped) + plainWorkers.Sum(worker => worker.Dropped),
        forwarder.Forwarded,
        forwarder.Refused,
        tcp.Connections,
        workers.Sum(worker => worker.Lost));

    /// <summary>Binds all addresses and starts to answer. Never fails: see <see cref="Listeners"/>.</summary>
    /// <param name="options">Where, and the limits.</param>
    /// <param name="current">The table of now; called once per query (or batch) from many threads, so it must be one volatile read.</param>
    /// <param name="upstream">Who resolves names outside of the zones; null for authoritative only.</param>
    /// <param name="time">The clock of idle connections and of the drain.</param>
    public static DnsServer Start(DnsServerOptions options, Func<DnsTable> current, UpstreamQuery? upstream, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(time);
        var server = new DnsServer(options, current, upstream, time);
        foreach (var endPoint in options.Listen)
            server.Listen(endPoint, options);
        return server;
    }

    /// <summary>Which upstream servers are this server itself: a question sent there would come back for ever.</summary>
    /// <param name="upstreams">The resolvers that are to be asked.</param>
    /// <param name="own">Where this server listens; a wildcard stands for every address of the machine.</param>
    /// <param name="local">The machine's addresses, for the wildcard.</param>
    public static Seq<IPEndPoint> OwnAmong(Seq<IPEndPoint> upstreams, Seq<IPEndPoint> own, Seq<IPAddress> local)
    {
        return upstreams.Where(upstream => own.Any(mine => mine.Port == upstream.Port && (Same(mine, upstream) || IsLocal(mine, upstream)))).ToSeq();

        static bool Same(IPEndPoint mine, IPEndPoint upstream) => IPText.Unmap(mine.Address).Equals(IPText.Unmap(upstream.Address));

        bool IsLocal(IPEndPoint mine, IPEndPoint upstream) =>
            (mine.Address.Equals(IPAddress.Any) || mine.Address.Equals(IPAddress.IPv6Any))
            && mine.AddressFamily == upstream.AddressFamily
            && (IPAddress.IsLoopback(upstream.Address) || local.Contains(upstream.Address));
    }

    /// <summary>
    /// Goes on answering for a while, since clients and conntrack entries still point here, then stops: replies under way over TCP go out, for a
    /// second at most.
    /// </summary>
    /// <param name="lameDuck">How long.</param>
    /// <param name="cancellation">Ends the waiting, not the stopping.</param>
    public async Task StopAsync(TimeSpan lameDuck, CancellationToken cancellation)
    {
        if (lameDuck > TimeSpan.Zero && stopped is null)
            await Task.Delay(lameDuck, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (stopping)
            stopped ??= CloseAsync();
        await stopped.ConfigureAwait(false);
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        stopping.Dispose();
        tcp.Dispose();
    }

    private async Task CloseAsync()
    {
        await Task.Run(() =>
        {
            Parallel.ForEach(workers, worker => worker.Stop());
            Parallel.ForEach(plainWorkers, worker => worker.Stop());
        }).ConfigureAwait(false);
        await tcp.StopAsync(CloseGrace).ConfigureAwait(false);
        await stopping.CancelAsync().ConfigureAwait(false);
    }

    private void Listen(IPEndPoint endPoint, DnsServerOptions options)
    {
        var count = !OperatingSystem.IsLinux() ? 1 : options.Workers > 0 ? options.Workers : Environment.ProcessorCount;
        for (var tries = 1; ; tries++)
        {
            var sockets = Binding.BindUdp(endPoint, count, out var udp);
            var listener = Binding.BindTcp(udp.Listens ? udp.EndPoint : endPoint, out var stream);

            // A free port for UDP may be taken for TCP.
            if (endPoint.Port == 0 && udp.Listens && !stream.Listens && tries < PortTries)
            {
                foreach (var socket in sockets)
                    socket.Dispose();
                continue;
            }

            reports.Add(udp);
            reports.Add(stream);
            foreach (var socket in sockets)
                StartWorker(socket, options);
            if (listener is not null)
                tcp.Start(listener);
            return;
        }
    }

    private void StartWorker(Socket socket, DnsServerOptions options)
    {
        if (OperatingSystem.IsLinux())
        {
            var worker = new UdpWorker(socket, current, settings, forwarder, RateLimit.For((IPEndPoint)socket.LocalEndPoint!, options), time);
            workers.Add(worker);
            worker.Start();
        }
        else
        {
            var worker = new PlainUdpWorker(socket, current, settings, forwarder);
            plainWorkers.Add(worker);
            worker.Start();
        }
    }
}
