using System.Net.Sockets;

namespace Elsewhere.Dns;

/// <summary>
/// One question to several servers: the healthy ones first, in their order of preference; the next one is asked as soon as one fails, and also when one
/// lets itself be waited for (hedging). The first usable answer wins.
/// </summary>
internal static class UpstreamRace
{
    private const int Rounds = 3;

    /// <summary>The first usable reply; else an error that a server answered; else null.</summary>
    public static async Task<ParsedReply?> AskAsync(
        IReadOnlyList<UpstreamServer> servers, Question question, UpstreamOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var order = Order(servers);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timeout = new CancellationTokenSource(options.QueryTimeout, time);
        using var expiry = timeout.Token.Register(static source => ((CancellationTokenSource)source!).Cancel(), over);
        var running = new List<Attempt>();
        var failed = new HashSet<UpstreamServer>();
        ParsedReply? refusal = null;
        var next = 0;
        try
        {
            while (!over.IsCancellationRequested)
            {
                // Only silence is a reason to repeat a question.
                while (next < order.Count && failed.Contains(order[next]))
                    next++;
                if (next < order.Count)
                    running.Add(Start(order[next++]));
                if (running.Count == 0)
                    return refusal;
                var hedge = next < order.Count ? Task.Delay(Pause(), time, over.Token) : null;
                while (await FirstAsync(running, hedge).ConfigureAwait(false) is { } done)
                {
                    var reply = await done.Task.ConfigureAwait(false);
                    running.Remove(done);
                    if (reply is not null && IsUsable(reply))
                        return reply;
                    refusal ??= reply;
                    failed.Add(done.Server);
                    if (next < order.Count || running.Count == 0)
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return refusal;
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (var attempt in running)
                _ = BookAsync(attempt, options, time);
        }

        return refusal;

        Attempt Start(UpstreamServer server) =>
            new(server, time.GetTimestamp(), UpstreamExchange.AskAsync(server, question, options, time, over.Token));

        // A repetition to the same servers waits twice as long as the one before.
        TimeSpan Pause() => next < order.Count / Rounds
            ? running[^1].Server.HedgeAfter(options.HedgeAfter)
            : options.HedgeAfter * Math.Pow(2, (next * Rounds / order.Count) - 1);
    }

    /// <summary>NOERROR and NXDOMAIN say something about the name; all else is about the server, and so is a referral from one that does not recurse.</summary>
    public static bool IsUsable(ParsedReply parsed)
    {
        var reply = parsed.Reply;
        if (reply.Rcode == Rcode.NXDomain)
            return true;
        if (reply.Rcode != Rcode.NoError)
            return false;
        var referral = reply.Answer.IsEmpty && !reply.Authoritative && !reply.Authority.IsEmpty;
        if (!referral)
            return true;
        foreach (var record in reply.Authority)
        {
            if (record.Type == RecordType.Soa)
                return true;
        }

        return false;
    }

    private static List<UpstreamServer> Order(IReadOnlyList<UpstreamServer> servers)
    {
        var once = servers.Where(server => server.IsUp).Concat(servers.Where(server => !server.IsUp && !server.IsLooping)).ToList();
        return [.. Enumerable.Repeat(once, Rounds).SelectMany(round => round)];
    }

    // Null when it was the hedge's turn.
    private static async Task<Attempt?> FirstAsync(List<Attempt> running, Task? hedge)
    {
        if (running.Count == 0)
            return null;
        var waited = new List<Task>(running.Count + 1);
        foreach (var attempt in running)
            waited.Add(attempt.Task);
        if (hedge is not null)
            waited.Add(hedge);
        var done = await Task.WhenAny(waited).ConfigureAwait(false);
        return running.Find(attempt => attempt.Task == done);
    }

    // Who was overtaken by a hedge after a long wait counts as failed: else a dead server that is never waited for to the end would stay first for ever.
    private static async Task BookAsync(Attempt attempt, UpstreamOptions options, TimeProvider time)
    {
        var waited = time.GetElapsedTime(attempt.Started);
        try
        {
            await attempt.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (waited >= options.HedgeAfter)
                attempt.Server.Failed();
        }
        catch (SocketException)
        {
            attempt.Server.Failed();
        }
    }

    private sealed record Attempt(UpstreamServer Server, long Started, Task<ParsedReply?> Task);
}
