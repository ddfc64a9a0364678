using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Elsewhere.Http.Forward.Listen;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Relay;
using Elsewhere.Http.Relay.Linux;
using Elsewhere.Model;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Http.Forward;

/// <summary>
/// Listens on the service addresses for HTTP and passes requests on. Tables are applied one after the other; a request reads the live routes once, at its start.
/// The server behind the sockets starts with the first alias that needs it.
/// </summary>
public sealed class GatewayServer : IAsyncDisposable
{
    private readonly SemaphoreSlim applying = new(1, 1);
    private readonly Dictionary<IPEndPoint, Acceptor> acceptors = [];
    private readonly Dictionary<IPEndPoint, object> retiring = [];
    private readonly VirtualTransport transport;
    private readonly ServerLife life = new();
    private readonly long mostListeners;
    private readonly Http1Limits clientLimits;
    private readonly GatewayOptions options;
    private readonly TimeProvider time;
    private readonly OriginPools pools;
    private readonly Forwarder forwarder;
    private readonly OriginRegistry registry;
    private readonly HealthScheduler health;
    private readonly OriginTrial trial;
    private readonly RequestFaults faults;
    private OriginAddresses names = OriginAddresses.Empty;
    private OriginTable origins = OriginTable.Empty;
    private LiveRoutes live = LiveRoutes.Nothing;
    private KestrelServer? server;
    private bool stopped;

    /// <summary>Listens nowhere until a table is applied.</summary>
    /// <param name="options">What it needs.</param>
    /// <param name="time">The clock.</param>
    public GatewayServer(GatewayOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        this.options = options;
        this.time = time;
        var descriptors = LinuxEngine.IsSupported ? Descriptors.Raise().Limit : int.MaxValue;
        mostListeners = options.MostListeners ?? descriptors / 4 * 3;
        var clients = options.Clients;
        var connections = clients.Connections ?? (int)Math.Min(clients.Http.Connections, descriptors / 4);
        transport = new VirtualTransport(new ClientSlots(connections, clients.PerAddress ?? connections / 2, clients.PerAddressAndAlias ?? connections / 4), Refused);
        clientLimits = clients.Http with { Time = time, Connections = connections };
        pools = new OriginPools(options.Policy, time);
        var clock = new GatewayClock(time);
        var probe = new OriginProbe(pools, time);
        var addressing = new OriginAddressing(options);
        health = new HealthScheduler(probe.RunAsync, options.Origins, clock);
        trial = new OriginTrial(addressing.CandidatesAsync, probe.TryAsync, options.Origins, time);
        registry = new OriginRegistry(options.Origins, options.Policy, address =>
        {
            health!.Changed(address);
            options.OriginChanged();
        }, time);
        faults = new RequestFaults(time, options.OriginChanged);
        forwarder = new Forwarder(() => Volatile.Read(ref live), pools, new FirstAddresses(options, LearnAsync).FindAsync, faults, clock, clients);
    }

    /// <summary>Requests that are being served right now.</summary>
    public int Requests => forwarder.Requests;

    /// <summary>What went wrong with requests, counted by alias and code.</summary>
    public RequestFaults Faults => faults;

    /// <summary>The gateway's own answers, by code.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Errors => forwarder.Errors.All;

    /// <summary>What became of the requests of each alias, by alias.</summary>
    public IReadOnlyList<KeyValuePair<ObjectKey, RequestCounts>> Counts =>
        [.. Volatile.Read(ref live).All.DistinctBy(static route => route.Entry.Alias.Key).OrderBy(static route => route.Entry.Alias.Key).Select(static route => KeyValuePair.Create(route.Entry.Alias.Key, route.Load.Meter.Read()))];

    /// <summary>Where requests go right now.</summary>
    public OriginTable Origins => Volatile.Read(ref origins);

    /// <summary>Sends requests to the addresses that the origins' names have now: those in flight end where they are.</summary>
    /// <param name="next">What the names resolve to.</param>
    public async ValueTask RouteAsync(OriginAddresses next)
    {
        ArgumentNullException.ThrowIfNull(next);
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            names = next;
            if (!stopped)
                Route();
        }
        finally
        {
            applying.Release();
        }
    }

    // Whoever comes while another one routes finds that done for it as well.
    private async ValueTask LearnAsync(Func<IReadOnlyList<OriginState>> found)
    {
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            var learnt = found();
            if (stopped || learnt.All(state => names.Find(state.Name)?.Addresses == state.Addresses))
                return;
            names = OriginAddresses.Create(names.All.Concat(learnt));
            Route();
        }
        finally
        {
            applying.Release();
        }
    }

    /// <summary>Asks origins, which no request goes to yet, whether they serve: resolve, connect, TLS, and GET of the health check's path.</summary>
    /// <param name="origins">Origins any of which is enough; at least one.</param>
    /// <param name="check">The check of the manifest; null for a connection only.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What is wrong with each, as sentences; null if one serves.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<string?> TryOriginsAsync(Seq<GatewayOrigin> origins, HealthCheckView? check, CancellationToken cancellation) =>
        trial.RunAsync(origins, check, cancellation);

    /// <summary>
    /// Makes the table the live one. New addresses are bound before this returns, so that DNS may answer with them afterwards; those that the table does not have
    /// serve on for the grace, then close.
    /// </summary>
    /// <param name="next">The table.</param>
    /// <param name="grace">How long DNS caches may still know the addresses that are gone; zero closes at once.</param>
    /// <returns>What could not be bound; it is tried again with the next table.</returns>
    public async ValueTask<Seq<RelayProblem>> ApplyAsync(GatewayTable next, TimeSpan grace)
    {
        ArgumentNullException.ThrowIfNull(next);
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            return stopped ? [] : await ApplyLockedAsync(next, grace).ConfigureAwait(false);
        }
        finally
        {
            applying.Release();
        }
    }

    /// <summary>Closes at once what the relay is about to bind: a port that is no longer the gateway's.</summary>
    /// <param name="relays">The relay's next table.</param>
    public async ValueTask YieldAsync(RelayTable relays)
    {
        ArgumentNullException.ThrowIfNull(relays);
        if (acceptors.Count == 0)
            return;
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            Close(relays.Entries.Where(static entry => entry.Listen.Protocol == Protocol.Tcp && !entry.Targets.IsEmpty)
                .Select(static entry => new IPEndPoint(entry.Listen.Address, entry.Listen.Port)).Where(acceptors.ContainsKey).ToHashSet());
        }
        finally
        {
            applying.Release();
        }
    }

    /// <summary>Stops accepting, asks clients to go (Connection: close, GOAWAY), lets requests come to their end, and resets what is left when the time is over.</summary>
    /// <param name="patience">How long to wait at most.</param>
    /// <returns>How many requests had to be reset.</returns>
    public async Task<int> DrainAsync(TimeSpan patience)
    {
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            stopped = true;
            life.End();
            foreach (var acceptor in acceptors.Values)
                acceptor.Dispose();
            acceptors.Clear();
        }
        finally
        {
            applying.Release();
        }

        if (server is null)
            return 0;
        using var over = new CancellationTokenSource(patience, time);
        var left = 0;
        using (over.Token.Register(() => left = Requests))
            await server.StopAsync(over.Token).ConfigureAwait(false);
        return left;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
        server?.Dispose();
        await health.DisposeAsync().ConfigureAwait(false);
        trial.Dispose();
        pools.Dispose();
        applying.Dispose();
        life.Dispose();
    }

    private async ValueTask<Seq<RelayProblem>> ApplyLockedAsync(GatewayTable next, TimeSpan grace)
    {
        if (server is null && next.Entries.Count > 0)
            server = await GatewayKestrel.StartAsync(transport, new GatewayApplication(forwarder, life, new MinDataRate(clientLimits.MinimumRate, clientLimits.RateGrace)), Select, clientLimits, Refused).ConfigureAwait(false);
        var problems = new List<RelayProblem>();
        var added = new List<Acceptor>();
        var wanted = new HashSet<IPEndPoint>(next.Entries.Count);
        foreach (var entry in next.Entries)
        {
            wanted.Add(entry.Dialled);
            retiring.Remove(entry.Dialled);
            if (!acceptors.ContainsKey(entry.Dialled) && TryBind(entry, problems) is { } acceptor)
                added.Add(acceptor);
        }

        var gone = acceptors.Keys.Where(dialled => !wanted.Contains(dialled)).ToHashSet();
        // What a request finds in the live routes leads somewhere at once; what nothing leads to any more is given up afterwards.
        var upcoming = live.Next(next, gone, options.Instance);
        Assign(upcoming);
        Volatile.Write(ref live, upcoming);
        Retain();
        forwarder.Apply(next.Policies);
        faults.Retain(upcoming.All.Select(static route => route.Entry.Alias.Key).ToHashSet());
        foreach (var acceptor in added)
            acceptor.Accept();
        if (grace <= TimeSpan.Zero)
            Close(gone);
        else
            Retire([.. gone.Where(dialled => !retiring.ContainsKey(dialled))], grace);
        return problems.ToSeq();
    }

    // A port that turns from plain to TLS, or back, keeps its socket: what was accepted goes by what the route says at that time.
    private Acceptor? TryBind(GatewayEntry entry, List<RelayProblem> problems)
    {
        var dialled = entry.Dialled;
        if (acceptors.Count >= mostListeners)
        {
            problems.Add(Remedies.Explain(entry.Alias.Key, new RelayListen(dialled.Address, dialled.Port, Protocol.Tcp), SocketError.TooManyOpenSockets));
            return null;
        }

        try
        {
            var acceptor = Acceptor.Bind(dialled, socket => Take(dialled, socket), time);
            acceptors.Add(dialled, acceptor);
            return acceptor;
        }
        catch (SocketException e)
        {
            problems.Add(Remedies.Explain(entry.Alias.Key, new RelayListen(dialled.Address, dialled.Port, Protocol.Tcp), e.SocketErrorCode));
            return null;
        }
    }

    private SslServerAuthenticationOptions? Select(IPEndPoint dialled, string? serverName) =>
        Volatile.Read(ref live).Find(dialled) is { } route ? options.Certificates(route.Entry.Alias.Key, serverName) : null;

    private void Refused(string code, EndPoint? dialled, EndPoint? client)
    {
        var alias = dialled is IPEndPoint at ? Volatile.Read(ref live).Find(at)?.Entry.Alias.Key : null;
        faults.Add(alias, code, () => $"{(client as IPEndPoint)?.Address.ToString() ?? "a client"} was refused: {code}");
    }

    private void Take(IPEndPoint dialled, Socket socket)
    {
        if (Volatile.Read(ref live).Find(dialled) is { } route)
            transport.Enqueue(socket, route.Entry.Port.Secure ? ClientSide.Secure : ClientSide.Plain);
        else
            socket.Dispose();
    }

    private void Retire(List<IPEndPoint> gone, TimeSpan grace)
    {
        if (gone.Count == 0)
            return;
        foreach (var dialled in gone)
            retiring[dialled] = gone;
        _ = CloseLaterAsync(gone, grace);
    }

    private async Task CloseLaterAsync(List<IPEndPoint> gone, TimeSpan grace)
    {
        await Task.Delay(grace, time, CancellationToken.None).ConfigureAwait(false);
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            // A later table may have brought some of them back.
            if (!stopped)
                Close(gone.Where(dialled => retiring.TryGetValue(dialled, out var of) && of == (object)gone).ToHashSet());
        }
        finally
        {
            applying.Release();
        }
    }

    private void Close(HashSet<IPEndPoint> gone)
    {
        if (gone.Count == 0)
            return;
        foreach (var dialled in gone)
        {
            retiring.Remove(dialled);
            if (acceptors.Remove(dialled, out var acceptor))
                acceptor.Dispose();
        }

        Volatile.Write(ref live, live.Without(gone));
        Route();
    }

    private void Route()
    {
        Assign(live);
        Retain();
    }

    private void Assign(LiveRoutes routes)
    {
        var table = registry.Build(routes.All.Select(static route => (route.Entry.Alias, route.Entry.Port)), names);
        foreach (var route in routes.All)
            route.Origins = table.Find(route.Entry.Alias.Key, route.Entry.Port);
        Volatile.Write(ref origins, table);
    }

    private void Retain()
    {
        var table = origins;
        health.Watch(table.Addresses);
        pools.Retain(table.Addresses.Select(static address => (address.Key.Origin, address.Key.Address)).ToHashSet());
    }
}
