using System.Net;
using System.Net.Security;
using System.Threading.Channels;
using Elsewhere.Dns;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Relay;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Serving.Status;

namespace Elsewhere.Serving;

/// <summary>What an engine serves, and where.</summary>
/// <param name="Resolve">The cluster's domain and ranges, and the addresses given before.</param>
/// <param name="DnsListen">Where DNS is to answer.</param>
/// <param name="NameServers">Addresses of the zone's own name server, for its NS record; empty for none.</param>
/// <param name="Upstreams">Who is asked about other names; empty for nobody.</param>
/// <param name="Policy">What may be dialled.</param>
/// <param name="Relays">Whether ports are relayed, or DNS is served alone.</param>
internal sealed record EngineOptions(
    ResolveOptions Resolve, Seq<IPEndPoint> DnsListen, Seq<IPAddress> NameServers, Seq<IPEndPoint> Upstreams, DialPolicy Policy, bool Relays);

/// <summary>How clients of the gateway are answered by TLS.</summary>
/// <param name="Prepare">Told who is served, before anybody can dial.</param>
/// <param name="Select">Which certificate a client of an alias is shown, by the name that it asks for.</param>
/// <param name="Findings">What is wrong with certificates for clients now.</param>
/// <param name="FindingsChangeAt">When that may be something else by itself; null for never.</param>
/// <param name="Describe">What clients of an alias are shown now; null if there is no such alias.</param>
internal sealed record ClientTls(
    Action<AliasSnapshot> Prepare,
    Func<ObjectKey, string?, SslServerAuthenticationOptions?> Select,
    Func<IReadOnlyList<Finding>> Findings,
    Func<DateTimeOffset?> FindingsChangeAt,
    Func<ObjectKey, ShownCertificate?> Describe)
{
    /// <summary>By certificates that are made and kept here.</summary>
    /// <param name="certificates">The certificates.</param>
    /// <param name="prepare">Told who is served; null to tell the certificates alone.</param>
    internal static ClientTls Of(ServerCertificates certificates, Action<AliasSnapshot>? prepare = null) => new(
        prepare ?? (snapshot => certificates.Apply(CertificateSubject.Of(snapshot))),
        certificates.Select,
        () => certificates.Findings,
        () => certificates.FindingsChangeAt,
        certificates.Describe);
}

/// <summary>One change that is live.</summary>
/// <param name="Before">What was served; null at the start.</param>
/// <param name="Now">What is served.</param>
/// <param name="Findings">All that stand now.</param>
/// <param name="GoneFindings">Those that stood before and do no more.</param>
/// <param name="NewFindings">Those that did not stand before.</param>
/// <param name="Took">From the input to being live.</param>
internal sealed record EngineChange(
    AliasSnapshot? Before, AliasSnapshot Now, IReadOnlyList<Finding> Findings, IReadOnlyList<Finding> GoneFindings, IReadOnlyList<Finding> NewFindings, TimeSpan Took);

/// <summary>
/// The whole composition: what is read goes in at the top, one loop resolves and publishes it, DNS and the relay serve what is live,
/// and what origins' names resolve to comes back in at the top.
/// </summary>
internal sealed class Engine : IAsyncDisposable
{
    // Longer waits end early, and begin again: the clock may have been turned meanwhile, and a timer has its limit.
    private static readonly TimeSpan longestLook = TimeSpan.FromHours(1);
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly EngineOptions options;
    private readonly ClientTls? tls;
    private readonly TimeProvider time;
    private readonly UpstreamResolver resolver;
    private readonly OriginTracker tracker;
    private readonly RelayServer? relays;
    private readonly GatewayServer? gateway;
    private readonly Retargets? retargets;
    private readonly Publisher publisher;
    private readonly ITimer look;
    private readonly CancellationTokenSource over = new();
    private Task probing = Task.CompletedTask;
    private DnsServer? dns;
    private Pending? pending;
    private OriginAddresses origins = OriginAddresses.Empty;
    private OriginAddresses routed = OriginAddresses.Empty;
    private IReadOnlyList<Finding> published = [];
    private IReadOnlyList<Finding> findings = [];
    private long publishedAt;

    /// <summary>Serves nothing yet.</summary>
    /// <param name="options">What, and where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tls">How clients of the gateway are answered by TLS; null where there is no gateway.</param>
    internal Engine(EngineOptions options, TimeProvider time, ClientTls? tls = null)
    {
        this.options = options;
        this.tls = tls;
        this.time = time;

        // A forwarded answer has the flags that upstream gave it, from the cache too: so does CoreDNS', and a client sees no difference between first and second.
        resolver = new UpstreamResolver(
            new UpstreamOptions(options.Upstreams) { LocalZones = [options.Resolve.ClusterDomain], KeepAuthoritative = true }, time);
        relays = options.Relays ? new RelayServer(new RelayOptions(), time) : null;
        var gatewayOptions = tls is null ? null : new GatewayOptions { Resolve = ResolveOriginAsync, Policy = options.Policy, Certificates = tls.Select, OriginChanged = Wake };
        gateway = gatewayOptions is null ? null : new GatewayServer(gatewayOptions, time);
        retargets = gateway is null ? null : new Retargets(alias => OriginFindings.Serves(alias, gateway.Origins), gateway.TryOriginsAsync, gatewayOptions!.Origins, time, Wake);
        publisher = new Publisher(
            options.Resolve, DnsTableOptions.Default with { OwnAddresses = options.NameServers }, options.Policy, new Listening(relays, gateway, tls?.Prepare), retargets, time);
        look = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        tracker = new OriginTracker(resolver, new OriginTrackerOptions { Local = name => ClusterNames.Find(publisher.Live.Dns, name) }, time, Accept);
    }

    /// <summary>What became of each address of DNS.</summary>
    internal Seq<ListenReport> DnsListeners => dns?.Listeners ?? [];

    /// <summary>What is served now.</summary>
    internal Live Live => publisher.Live;

    /// <summary>Connections that pass through the relay right now, and requests through the gateway.</summary>
    internal int Connections => (relays?.Status.Sessions ?? 0) + (gateway?.Requests ?? 0);

    /// <summary>What tells how aliases do right now. Any thread.</summary>
    internal StatusSources Status => new(
        Volatile.Read(ref origins), gateway?.Origins ?? OriginTable.Empty, gateway?.Faults.All ?? [], relays?.Targets() ?? [], Volatile.Read(ref findings), tls?.Describe ?? (static _ => null));

    /// <summary>Takes all that can be counted. Any thread.</summary>
    internal async ValueTask<Measurements> MeasureAsync() => new(
        Live.Snapshot,
        new DateTimeOffset(Volatile.Read(ref publishedAt), TimeSpan.Zero),
        Status,
        gateway?.Counts ?? [],
        gateway?.Requests ?? 0,
        gateway?.Errors ?? [],
        gateway?.Faults.Totals ?? [],
        relays is null ? [] : await relays.CountersAsync().ConfigureAwait(false),
        relays?.Status.Sessions ?? 0,
        dns?.Counters ?? default);

    /// <summary>Takes what was read. Any thread; of several that come at once, the last counts.</summary>
    /// <returns>Completes when it, or what came after it, is live.</returns>
    internal Task Accept(ClusterView view)
    {
        Pending? before, next;
        do
        {
            before = Volatile.Read(ref pending);
            next = new(view, before?.Live ?? new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        while (Interlocked.CompareExchange(ref pending, next, before) != before);
        wake.Writer.TryWrite(true);
        return next.Live.Task;
    }

    /// <summary>Publishes the first view, then begins to answer DNS: nothing was ever denied that is there.</summary>
    internal async Task<EngineChange> StartAsync(ClusterView view)
    {
        // A newer one may have come meanwhile.
        Interlocked.CompareExchange(ref pending, new(view, new()), null);
        var change = await UpdateAsync().ConfigureAwait(false);
        dns = DnsServer.Start(new DnsServerOptions(options.DnsListen), () => publisher.Live.Dns, options.Upstreams.IsEmpty ? null : resolver.QueryAsync, time);
        // What the probe finds comes as a change, however fast it is.
        findings = Standing();
        LookLater();
        if (!DnsPlace.Answering(DnsListeners).IsEmpty)
            probing = ProbeAsync();
        return change! with { Findings = findings, NewFindings = findings };
    }

    /// <summary>Publishes every change until cancelled.</summary>
    /// <param name="changed">Told of each; called by one thread at a time.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="looked">Told each time that something may be otherwise, be it a change or not.</param>
    internal async Task RunAsync(Action<EngineChange> changed, CancellationToken cancellation, Action? looked = null)
    {
        try
        {
            while (await wake.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                wake.Reader.TryRead(out _);
                if (await UpdateAsync().ConfigureAwait(false) is { } change)
                    changed(change);
                looked?.Invoke();
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }
    }

    /// <summary>Lets connections come to their end, then stops DNS: names are answered as long as anything serves.</summary>
    /// <returns>How many connections had to be reset.</returns>
    internal async Task<int> DrainAsync(TimeSpan patience)
    {
        var gatewayDrain = gateway?.DrainAsync(patience) ?? Task.FromResult(0);
        var reset = relays is null ? 0 : await relays.DrainAsync(patience).ConfigureAwait(false);
        reset += await gatewayDrain.ConfigureAwait(false);
        if (dns is not null)
            await dns.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        return reset;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync().ConfigureAwait(false);
        await look.DisposeAsync().ConfigureAwait(false);
        await probing.ConfigureAwait(false);
        if (retargets is not null)
            await retargets.DisposeAsync().ConfigureAwait(false);
        await tracker.DisposeAsync().ConfigureAwait(false);
        if (dns is not null)
            await dns.DisposeAsync().ConfigureAwait(false);
        if (relays is not null)
            await relays.DisposeAsync().ConfigureAwait(false);
        if (gateway is not null)
            await gateway.DisposeAsync().ConfigureAwait(false);
        await resolver.DisposeAsync().ConfigureAwait(false);
        over.Dispose();
    }

    // Not waited for: an upstream that is silent does not delay the start, and one that leads back here is a finding as soon as it is known.
    private async Task ProbeAsync()
    {
        try
        {
            if ((await resolver.ProbeAsync(over.Token).ConfigureAwait(false)).Any(static upstream => upstream.Looping))
                wake.Writer.TryWrite(true);
        }
        catch (OperationCanceledException)
        {
            // The engine is being disposed.
        }
    }

    // A name that is new is asked for at once: the first request waits for the answer instead of being told that there is none.
    private ValueTask<OriginState?> ResolveOriginAsync(DnsName name, CancellationToken cancellation) =>
        Volatile.Read(ref origins).Find(name) is { } state && (state.ResolvedAt is not null || state.Problem is not null)
            ? ValueTask.FromResult<OriginState?>(state)
            : new ValueTask<OriginState?>(ResolveNewAsync(name, cancellation));

    private async Task<OriginState?> ResolveNewAsync(DnsName name, CancellationToken cancellation) =>
        await tracker.ResolveNowAsync(name, cancellation).ConfigureAwait(false);

    private void Accept(OriginAddresses next)
    {
        Volatile.Write(ref origins, next);
        wake.Writer.TryWrite(true);
    }

    /// <summary>Looks again what there is to say, although nothing was read. Any thread.</summary>
    internal void Wake() => wake.Writer.TryWrite(true);

    // What time alone changes: a certificate ends, what went wrong with requests is long ago.
    private void LookLater()
    {
        DateTimeOffset?[] times = [tls?.FindingsChangeAt(), gateway?.Faults.Until];
        if (times.Min() is not { } next)
            return;
        var wait = next - time.GetUtcNow() + TimeSpan.FromMilliseconds(1);
        look.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < longestLook ? wait : longestLook, Timeout.InfiniteTimeSpan);
    }

    private async Task<EngineChange?> UpdateAsync()
    {
        var start = time.GetTimestamp();
        var resolved = Volatile.Read(ref origins);
        if (gateway is not null && !ReferenceEquals(resolved, routed))
            await gateway.RouteAsync(resolved).ConfigureAwait(false);
        routed = resolved;
        var taken = Interlocked.Exchange(ref pending, null);
        var view = taken?.View;
        var publication = await publisher.PublishAsync(view, resolved).ConfigureAwait(false);
        taken?.Live.TrySetResult();
        var took = time.GetElapsedTime(start);
        if (publication is not null)
        {
            published = publication.Findings;
            Volatile.Write(ref publishedAt, time.GetUtcNow().Ticks);
        }

        // What is to be served has its addresses when its turn comes.
        if (publication is not null || view is not null)
            tracker.Track(OriginNames.Of(Live.Snapshot.Aliases, retargets?.Wanted ?? []));

        var before = findings;
        findings = Standing();
        LookLater();
        var (gone, added) = (SnapshotChanges.NewAmong(findings, before), SnapshotChanges.NewAmong(before, findings));
        return publication is null && gone.Count + added.Count == 0
            ? null
            : new EngineChange(publication?.Before, Live.Snapshot, findings, gone, added, took);
    }

    private sealed record Pending(ClusterView View, TaskCompletionSource Live);

    private Finding[] Standing() =>
    [
        .. published,
        .. DnsPlace.Findings(DnsListeners),
        .. ServingFindingCodes.OfUpstreams(resolver.Servers),
        .. ServingFindingCodes.OfOrigins(Live.Snapshot, Volatile.Read(ref origins), !options.Upstreams.IsEmpty),
        .. gateway is null ? [] : OriginFindings.Of(Live, gateway.Origins).Concat(RequestFaultFindings.Of(Live, gateway.Faults)),
        .. retargets is null ? [] : retargets.Findings,
        .. tls is null ? [] : tls.Findings().Concat(OriginTlsFindings.Of(Live.Snapshot)),
    ];
}
