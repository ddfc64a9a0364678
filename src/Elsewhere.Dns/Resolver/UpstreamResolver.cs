using System.Collections.Concurrent;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Resolves names of the outside through recursive resolvers, with a cache that is true to TTLs (RFC 1035, RFC 2308), answers that outlive their servers
/// (RFC 8767), and one question under way where many ask the same.
/// </summary>
public sealed class UpstreamResolver : IAsyncDisposable
{
    private const int MaxFollowed = 8;
    private const uint LocalhostTtl = 3600;
    private static readonly DnsName Localhost = DnsName.Parse("localhost.");
    private static readonly TimeSpan FailureRecheck = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPrefetched = TimeSpan.FromSeconds(10);

    private readonly UpstreamOptions options;
    private readonly TimeProvider time;
    private readonly UpstreamServer[] servers;
    private readonly ReplyCache cache;
    private readonly ConcurrentDictionary<Question, Task<UpstreamReply?>> inFlight = new(QuestionComparer.Instance);
    private readonly CancellationTokenSource lifetime = new();
    private readonly ConcurrentDictionary<Task, bool> probes = new();
    private int inFlightCount;
    private int probed;

    /// <summary>Takes the options; nothing is sent before the first question.</summary>
    /// <param name="options">Servers and limits.</param>
    /// <param name="time">The clock that TTLs and time-outs are measured with.</param>
    public UpstreamResolver(UpstreamOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        this.options = options;
        this.time = time;
        servers = options.Servers.Distinct().Select(endPoint => new UpstreamServer(endPoint, time)).ToArray();
        cache = new ReplyCache(options.MaxCacheEntries, options.MaxCacheBytes);
    }

    /// <summary>What is known of the servers, in order of preference.</summary>
    public Seq<UpstreamState> Servers => servers.Select(server => server.State).ToSeq();

    /// <summary>How many replies are in the cache, failures counted.</summary>
    public int CachedReplies => cache.Count;

    /// <summary>About how many octets they take.</summary>
    public long CachedBytes => cache.Bytes;

    /// <summary>
    /// Resolves one question: from the cache, or from a server. Never throws but for cancellation.
    /// </summary>
    /// <param name="name">QNAME.</param>
    /// <param name="type">QTYPE.</param>
    /// <param name="klass">QCLASS.</param>
    /// <param name="cancellation">Ends the wait; the question itself goes on for others and for the cache.</param>
    /// <returns>
    /// What the servers said, TTLs counted down. A chain of CNAMEs that a server left open is followed to its end; one that loops or is too long comes back as far as
    /// it goes, with SERVFAIL. Null: no server answered and nothing stale is left, or more questions are under way than allowed.
    /// </returns>
    public ValueTask<UpstreamReply?> QueryAsync(DnsName name, ushort type, ushort klass, CancellationToken cancellation) =>
        ResolveAsync(new Question(name, type, klass), fresh: false, cancellation);

    /// <summary>
    /// The same for a client's question with its DO and CD flags, which go to the server: answers to different flags are different answers, also in the cache.
    /// With DO come the signatures and the proofs of what does not exist (RFC 4035 section 3.1), unchecked: that is the server's or the client's part.
    /// </summary>
    /// <param name="question">Name, type, class and flags.</param>
    /// <param name="cancellation">Ends the wait; the question itself goes on for others and for the cache.</param>
    /// <returns>As <see cref="QueryAsync(DnsName, ushort, ushort, CancellationToken)"/>.</returns>
    public ValueTask<UpstreamReply?> QueryAsync(UpstreamQuestion question, CancellationToken cancellation) =>
        ResolveAsync(new Question(question.Name, question.Type, question.Class, question.Flags), fresh: false, cancellation);

    /// <summary>The same, but never a stale answer and never a remembered failure: for who has its own memory.</summary>
    internal ValueTask<UpstreamReply?> QueryFreshAsync(DnsName name, ushort type, bool pastCache, CancellationToken cancellation)
    {
        var question = new Question(name, type, RecordClass.In);
        return pastCache && !IsLocalhost(name) ? AskAsync(question, cancellation) : ResolveAsync(question, fresh: true, cancellation);
    }

    /// <summary>
    /// Asks every server for a random name, and learns which answer and which forward to us; also done by itself with the first question, and for servers that are down.
    /// To be called when our own DNS server listens.
    /// </summary>
    public async Task<Seq<UpstreamState>> ProbeAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(servers.Select(server => ProbeAsync(server, cancellation))).ConfigureAwait(false);
        return Servers;
    }

    /// <summary>Cancels what is under way, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await lifetime.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(inFlight.Values).ConfigureAwait(false);
        await Task.WhenAll(probes.Keys).ConfigureAwait(false);
        lifetime.Dispose();
        foreach (var server in servers)
            server.Dispose();
    }

    private ValueTask<UpstreamReply?> ResolveAsync(Question question, bool fresh, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(question.Name);
        if (IsLocalhost(question.Name))
            return new(AnswerLocalhost(question));
        if (UpstreamServer.MayBeProbe(question.Name) && IsOurProbe(question.Name))
            return new((UpstreamReply?)null);
        var entry = cache.Find(question);
        if (entry is null || (entry.Failed && fresh))
            return AskAsync(question, cancellation);
        var age = time.GetElapsedTime(entry.StoredAt);
        if (age < entry.Ttl)
        {
            if (entry.Failed)
                return new(entry.Reply.Rcode == Rcode.ServFail && entry.Reply.Answer.IsEmpty ? null : entry.Reply);
            Prefetch(question, entry, age);
            return new(WithOwnersCase(question.Name, entry.After((uint)age.TotalSeconds)));
        }

        if (fresh || entry.Failed || age >= entry.Ttl + options.MaxStale)
            return AskAsync(question, cancellation);
        return new(RefreshOrStaleAsync(question, entry, cancellation));
    }

    private async ValueTask<UpstreamReply?> AskAsync(Question question, CancellationToken cancellation)
    {
        var reply = await Start(question).WaitAsync(cancellation).ConfigureAwait(false);
        return reply is null ? null : WithOwnersCase(question.Name, reply);
    }

    private async Task<UpstreamReply?> RefreshOrStaleAsync(Question question, CacheEntry entry, CancellationToken cancellation)
    {
        var sinceFailure = entry.FailedAt == long.MinValue ? TimeSpan.MaxValue : time.GetElapsedTime(entry.FailedAt);
        if (sinceFailure >= options.FailureTtl)
        {
            var refresh = Start(question);
            if (sinceFailure >= FailureRecheck)
            {
                try
                {
                    var reply = await refresh.WaitAsync(options.StaleAfter, time, cancellation).ConfigureAwait(false);
                    if (reply is { Rcode: Rcode.NoError or Rcode.NXDomain })
                        return reply;
                }
                catch (TimeoutException)
                {
                    // The refresh goes on in the background (RFC 8767 section 5).
                }
            }
        }

        var ttl = (uint)options.StaleTtl.TotalSeconds;
        return WithOwnersCase(question.Name, CacheEntry.WithTtl(entry.Reply, _ => ttl));
    }

    private void Prefetch(Question question, CacheEntry entry, TimeSpan age)
    {
        entry.Hits++;
        if (entry.Ttl < ShortestPrefetched || entry.Hits < 2 || age < entry.Ttl * 0.9 || entry.Prefetching)
            return;
        entry.Prefetching = true;
        _ = Start(question);
    }

    // Each question gets the owner's name as it was asked, not as whoever asked first wrote it.
    private static UpstreamReply WithOwnersCase(DnsName name, UpstreamReply reply) =>
        reply.Answer.IsEmpty || reply.Answer[0].Owner != name || reply.Answer[0].Owner.Wire.SequenceEqual(name.Wire) ? reply : Renamed(name, reply);

    private static UpstreamReply Renamed(DnsName name, UpstreamReply reply) =>
        reply with { Answer = reply.Answer.Select(record => record.Owner == name ? record with { Owner = name } : record).ToSeq() };

    // The task is shared by all who ask the same, and ends by itself.
    private Task<UpstreamReply?> Start(Question question)
    {
        if (inFlight.TryGetValue(question, out var running))
            return running;
        if (Interlocked.Increment(ref inFlightCount) > options.MaxInFlight || lifetime.IsCancellationRequested)
        {
            Interlocked.Decrement(ref inFlightCount);
            return Task.FromResult<UpstreamReply?>(null);
        }

        var result = new TaskCompletionSource<UpstreamReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = inFlight.GetOrAdd(question, result.Task);
        if (shared != result.Task)
        {
            Interlocked.Decrement(ref inFlightCount);
            return shared;
        }

        _ = RunAsync(question, result);
        return shared;
    }

    private async Task RunAsync(Question question, TaskCompletionSource<UpstreamReply?> result)
    {
        UpstreamReply? reply = null;
        try
        {
            ProbeWhereDue();
            reply = await FetchAsync(question).ConfigureAwait(false);
            reply = Store(question, reply);
        }
        catch (OperationCanceledException)
        {
            reply = null;
        }
        finally
        {
            inFlight.TryRemove(question, out _);
            Interlocked.Decrement(ref inFlightCount);
            result.SetResult(reply);
        }
    }

    private async Task<UpstreamReply?> FetchAsync(Question question)
    {
        var parsed = await UpstreamRace.AskAsync(servers, question, options, time, lifetime.Token).ConfigureAwait(false);
        if (parsed is null)
            return null;
        var reply = parsed.Reply;
        HashSet<DnsName>? passed = null;
        for (var followed = 0; parsed.End == ChainEnd.Open && reply.Rcode == Rcode.NoError && !reply.Answer.IsEmpty && !IsLocal(parsed.LastName); followed++)
        {
            passed ??= [.. reply.Answer.Select(record => record.Owner)];
            if (followed == MaxFollowed || passed.Contains(parsed.LastName))
                return reply with { Rcode = Rcode.ServFail };
            var next = question with { Name = parsed.LastName };
            parsed = FindFresh(next) ?? await UpstreamRace.AskAsync(servers, next, options, time, lifetime.Token).ConfigureAwait(false);
            if (parsed is null)
                return reply with { Rcode = Rcode.ServFail };
            foreach (var record in parsed.Reply.Answer)
                passed.Add(record.Owner);
            reply = parsed.Reply with
            {
                Authoritative = reply.Authoritative && parsed.Reply.Authoritative,
                AuthenticatedData = reply.AuthenticatedData && parsed.Reply.AuthenticatedData,
                RecursionAvailable = reply.RecursionAvailable && parsed.Reply.RecursionAvailable,
                Answer = [.. reply.Answer, .. parsed.Reply.Answer],

                // A CNAME that a wildcard made comes with the proof that there is nothing closer.
                Authority = question.DnssecOk ? [.. reply.Authority.Where(ReplyFilter.IsProof), .. parsed.Reply.Authority] : parsed.Reply.Authority,
            };
        }

        return parsed.End is ChainEnd.Loop or ChainEnd.TooLong ? reply with { Rcode = Rcode.ServFail } : reply;
    }

    private ParsedReply? FindFresh(Question question)
    {
        if (cache.Find(question) is not { Failed: false } entry)
            return null;
        var age = time.GetElapsedTime(entry.StoredAt);
        if (age >= entry.Ttl)
            return null;
        var reply = WithOwnersCase(question.Name, entry.After((uint)age.TotalSeconds));
        var flags = (reply.Authoritative ? ReplyFlags.Authoritative : 0) | (reply.AuthenticatedData ? ReplyFlags.AuthenticatedData : 0)
            | (reply.RecursionAvailable ? ReplyFlags.RecursionAvailable : 0);
        return ReplyFilter.Trim(question, reply.Rcode, flags, [.. reply.Answer], [.. reply.Authority], [.. reply.Additional]);
    }

    private UpstreamReply? Store(Question question, UpstreamReply? reply)
    {
        var now = time.GetTimestamp();
        if (reply is not { Rcode: Rcode.NoError or Rcode.NXDomain })
        {
            if (cache.Find(question) is { Failed: false } old && time.GetElapsedTime(old.StoredAt) < old.Ttl + options.MaxStale)
                old.FailedAt = now;
            else if (options.FailureTtl > TimeSpan.Zero)
                cache.Store(question, new CacheEntry(reply ?? ParsedReply.Empty(Rcode.ServFail), now, options.FailureTtl, failed: true));
            return reply;
        }

        var (kept, ttl) = TtlRules.Apply(reply, question, options);
        if (ttl > TimeSpan.Zero)
            cache.Store(question, new CacheEntry(options.KeepAuthoritative ? kept : kept with { Authoritative = false }, now, ttl, failed: false));
        return kept;
    }

    private bool IsLocal(DnsName name)
    {
        foreach (var zone in options.LocalZones)
        {
            if (name.IsSubdomainOf(zone))
                return true;
        }

        return IsLocalhost(name);
    }

    private bool IsOurProbe(DnsName name) => Array.Exists(servers, server => server.TakeLoop(name));

    // RFC 6761 section 6.3: never sent to a server, and always this machine.
    private static bool IsLocalhost(DnsName name) => name.IsSubdomainOf(Localhost);

    private static UpstreamReply AnswerLocalhost(Question question)
    {
        var address = question.Type switch
        {
            RecordType.A => IPAddress.Loopback,
            RecordType.Aaaa => IPAddress.IPv6Loopback,
            _ => null,
        };
        var empty = ParsedReply.Empty(Rcode.NoError) with { RecursionAvailable = true };
        if (address is null || question.Class != RecordClass.In)
            return empty;
        return empty with { Answer = [new ResourceRecord(question.Name, question.Type, RecordClass.In, LocalhostTtl, address.GetAddressBytes())] };
    }

    private void ProbeWhereDue()
    {
        if (!options.ProbeForLoops)
            return;
        var first = Interlocked.Exchange(ref probed, 1) == 0;
        foreach (var server in servers)
        {
            if (server.TakeProbe() || first)
                Keep(ProbeAsync(server, lifetime.Token));
        }
    }

    private void Keep(Task probe)
    {
        probes[probe] = true;
        probe.ContinueWith(done => probes.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ProbeAsync(UpstreamServer server, CancellationToken cancellation)
    {
        try
        {
            await UpstreamExchange.AskAsync(server, new Question(server.NewProbe(), RecordType.A, RecordClass.In), options, time, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.IsCancellationRequested)
        {
            // The resolver is being disposed; nobody waits for this probe.
        }

        server.ProbeDone();
    }
}
