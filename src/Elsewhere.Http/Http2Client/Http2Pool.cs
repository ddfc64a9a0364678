using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http2Client;

/// <summary>
/// The connections to one address that speak HTTP/2. One carries all requests as long as the origin takes them; who finds no place waits for the first that is free: on a
/// connection that is dialled for it, or where an answer has ended.
/// </summary>
/// <param name="dial">Opens a connection; null where HTTP/1.1 was agreed on, and the connection is with whoever speaks that.</param>
/// <param name="isSecure">Whether it is spoken over TLS.</param>
/// <param name="limits">What an answer may ask of us.</param>
/// <param name="time">The clock.</param>
internal sealed class Http2Pool(Func<CancellationToken, Task<Stream?>> dial, bool isSecure, AnswerLimits limits, TimeProvider time) : IDisposable
{
    // A connection that the origin says goodbye on is no failure of a request that it did not count (RFC 9113 section 6.8).
    private const int MostReplays = 3;
    private readonly Lock gate = new();
    private readonly Queue<Waiter> waiters = new();
    private readonly CancellationTokenSource closing = new();

    // Replaced whenever it changes.
    private Http2Connection[] connections = [];
    private int waiting;
    private int numbers;
    private int freshFrom;
    private bool dialling;
    private bool closed;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Sends a request; returns when the head of its answer is there, or null where HTTP/1.1 was agreed on instead.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public async ValueTask<OriginResponse?> SendAsync(OriginRequest request, CancellationToken cancellation)
    {
        for (var replays = 0; ; replays++)
        {
            var fresh = request.NeedsFresh;
            if ((TryRent(fresh) ?? await WaitAsync(fresh, cancellation).ConfigureAwait(false)) is not { } connection)
                return null;
            var stream = connection.Take();
            try
            {
                return await stream.SendAsync(request, isSecure, cancellation).ConfigureAwait(false);
            }
            catch (AnswerException) when (stream.MayReplay && replays < MostReplays)
            {
                // Nothing was done with it.
            }
        }
    }

    /// <summary>Takes over a connection that is open.</summary>
    public void Adopt(Stream stream)
    {
        Http2Connection connection;
        lock (gate)
        {
            connection = new Http2Connection(stream, numbers++, this, limits);
            connections = [.. connections, connection];
        }

        connection.Start();
        if (Volatile.Read(ref closed))
            connection.Drain();
        Freed();
    }

    /// <summary>A place may have become free.</summary>
    public void Freed()
    {
        if (Volatile.Read(ref waiting) == 0)
            return;
        var mustDial = false;
        lock (gate)
        {
            while (waiters.TryPeek(out var first))
            {
                if (first.Task.IsCompleted)
                {
                    Remove();
                    continue;
                }

                if (TryRent(first.IsFresh) is not { } connection)
                {
                    mustDial = !dialling && !closed && !IsSettling(first.IsFresh);
                    dialling |= mustDial;
                    break;
                }

                Remove();
                if (!first.TrySetResult(connection))
                    connection.Unreserve();
            }
        }

        if (mustDial)
            _ = DialAsync();
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="connection">Which one.</param>
    /// <param name="isLoss">Whether nobody expected it: those that are as old may have ended, too.</param>
    public void Lost(Http2Connection connection, bool isLoss)
    {
        lock (gate)
        {
            connections = [.. connections.Where(one => one != connection)];
            if (isLoss)
                freshFrom = numbers;
        }

        Freed();
    }

    /// <summary>Closes connections that nobody has used for too long.</summary>
    public void Trim()
    {
        foreach (var connection in Volatile.Read(ref connections))
        {
            if (connection.IdleSince is { } since && time.GetElapsedTime(since) >= limits.Idle)
                connection.Drain();
        }
    }

    /// <summary>Closes all of them as soon as nobody uses them.</summary>
    public void Dispose()
    {
        Volatile.Write(ref closed, true);
        closing.Cancel();
        foreach (var connection in Volatile.Read(ref connections))
            connection.Drain();
    }

    private Http2Connection? TryRent(bool isFresh)
    {
        foreach (var connection in Volatile.Read(ref connections))
        {
            if ((!isFresh || connection.Number >= freshFrom) && connection.TryReserve())
                return connection;
        }

        return null;
    }

    // A connection that has not said yet how many streams it takes is waited for.
    private bool IsSettling(bool isFresh)
    {
        foreach (var connection in connections)
        {
            if ((!isFresh || connection.Number >= freshFrom) && connection.IsSettling)
                return true;
        }

        return false;
    }

    private async Task<Http2Connection?> WaitAsync(bool isFresh, CancellationToken cancellation)
    {
        var place = new Waiter(isFresh);
        lock (gate)
        {
            waiters.Enqueue(place);
            Volatile.Write(ref waiting, waiters.Count);
        }

        Freed();
        var registration = cancellation.UnsafeRegister(static (state, token) => ((Waiter)state!).TrySetCanceled(token), place);
        await using (registration.ConfigureAwait(false))
            return await place.Task.ConfigureAwait(false);
    }

    private void Remove()
    {
        waiters.Dequeue();
        Volatile.Write(ref waiting, waiters.Count);
    }

    private async Task DialAsync()
    {
        Exception? failure = null;
        Stream? stream = null;
        try
        {
            stream = await dial(closing.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        lock (gate)
            dialling = false;
        if (stream is not null)
            Adopt(stream);
        else
            AnswerAll(failure);
        if (failure is null)
            Freed();
    }

    // They all waited for this connection. Where others are there, it is one more that the origin does not take: then the next free place is waited for.
    private void AnswerAll(Exception? failure)
    {
        List<Waiter> all = [];
        lock (gate)
        {
            for (var left = waiters.Count; left > 0; left--)
            {
                var place = waiters.Dequeue();
                if (failure is null || closed || !connections.Any(one => !place.IsFresh || one.Number >= freshFrom))
                    all.Add(place);
                else
                    waiters.Enqueue(place);
            }

            Volatile.Write(ref waiting, waiters.Count);
        }

        foreach (var place in all)
        {
            if (failure is null)
                place.TrySetResult(null);
            else
                place.TrySetException(failure);
        }
    }

    private sealed class Waiter(bool isFresh) : TaskCompletionSource<Http2Connection?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public bool IsFresh => isFresh;
    }
}
