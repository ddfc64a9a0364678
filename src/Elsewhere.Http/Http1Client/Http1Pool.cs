using Elsewhere.Http.Network;

namespace Elsewhere.Http.Http1Client;

/// <summary>What dialling has led to.</summary>
/// <param name="Stream">The connection; null where another protocol was agreed on, and the connection is with whoever speaks that.</param>
/// <param name="Socket">What is below it, if known.</param>
internal readonly record struct DialledStream(Stream? Stream, SocketStream? Socket);

/// <summary>
/// The connections to one address that speak HTTP/1.1. The one used last is used next, so that the others may end. Who finds none waits for the first that is free: one
/// that is dialled for it, or one that somebody gives back meanwhile.
/// </summary>
/// <param name="dial">Opens a connection; false for one that must speak HTTP/1.1.</param>
/// <param name="mayAgree">Whether dialling may lead to another protocol.</param>
/// <param name="limits">What an answer may ask of us.</param>
/// <param name="time">The clock.</param>
internal sealed class Http1Pool(Func<bool, CancellationToken, Task<DialledStream>> dial, bool mayAgree, AnswerLimits limits, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Http1Connection> idle = [];
    private readonly Queue<TaskCompletionSource<Http1Connection?>> waiting = new();
    private readonly CancellationTokenSource closing = new();

    // As long as nobody knows which protocol is spoken, one connection finds out for all.
    private bool isKnown = !mayAgree;
    private int dialling;
    private bool closed;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>How many connections nobody uses.</summary>
    public int IdleCount
    {
        get
        {
            lock (gate)
                return idle.Count;
        }
    }

    /// <summary>A connection for one request; null where another protocol was agreed on.</summary>
    /// <param name="isFresh">Whether it must be one that was not used before.</param>
    /// <param name="isHttp1">Whether it must speak HTTP/1.1.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="Connect.OriginConnectException">None came about.</exception>
    public ValueTask<Http1Connection?> RentAsync(bool isFresh, bool isHttp1, CancellationToken cancellation)
    {
        var now = time.GetTimestamp();
        while (!isFresh && TryPop() is { } connection)
        {
            if (connection.IdleUntil <= now)
                connection.CloseIfIdle();
            else if (connection.TryUse())
                return new ValueTask<Http1Connection?>(connection);
        }

        return isFresh || isHttp1 ? new ValueTask<Http1Connection?>(OpenAsync(isHttp1, cancellation)) : new ValueTask<Http1Connection?>(WaitAsync(cancellation));
    }

    /// <summary>Takes over a connection that is open and speaks HTTP/1.1.</summary>
    public void Adopt(DialledStream dialled)
    {
        lock (gate)
            isKnown = true;
        Return(new Http1Connection(dialled.Stream!, dialled.Socket, this, limits), null);
    }

    /// <summary>Gives a connection back that can carry another request.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="keptFor">How many seconds the origin keeps it; null if it does not say.</param>
    public void Return(Http1Connection connection, int? keptFor)
    {
        if (TryHandOver(connection))
            return;
        var patience = limits.Idle;
        if (keptFor is { } seconds && TimeSpan.FromSeconds(Math.Max(seconds - 1, seconds / 2.0)) is var told && told < patience)
            patience = told;
        connection.IdleUntil = time.GetTimestamp() + (long)(patience.TotalSeconds * time.TimestampFrequency);
        if (!connection.TryPark())
            return;
        lock (gate)
        {
            // Somebody who came meanwhile has a connection dialled, and takes whichever is first.
            if (!closed)
            {
                idle.Add(connection);
                return;
            }
        }

        connection.CloseIfIdle();
    }

    /// <summary>A connection has closed while nobody used it.</summary>
    public void Forget(Http1Connection connection)
    {
        lock (gate)
            idle.Remove(connection);
    }

    /// <summary>Closes connections that nobody has used for too long.</summary>
    public void Trim()
    {
        List<Http1Connection>? old = null;
        var now = time.GetTimestamp();
        lock (gate)
        {
            for (var i = idle.Count - 1; i >= 0; i--)
            {
                if (!idle[i].IsClosed && idle[i].IdleUntil > now)
                    continue;
                (old ??= []).Add(idle[i]);
                idle.RemoveAt(i);
            }
        }

        foreach (var connection in old ?? [])
            connection.CloseIfIdle();
    }

    /// <summary>Closes what nobody uses, and whatever is given back from now on.</summary>
    public void Dispose()
    {
        List<Http1Connection> left;
        lock (gate)
        {
            if (closed)
                return;
            closed = true;
            left = [.. idle];
            idle.Clear();
        }

        closing.Cancel();
        foreach (var connection in left)
            connection.CloseIfIdle();
    }

    private Http1Connection? TryPop()
    {
        lock (gate)
        {
            if (idle.Count == 0)
                return null;
            var last = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            return last;
        }
    }

    private async Task<Http1Connection?> OpenAsync(bool isHttp1, CancellationToken cancellation)
    {
        var dialled = await dial(!isHttp1, cancellation).ConfigureAwait(false);
        if (dialled.Stream is null)
            return null;
        return new Http1Connection(dialled.Stream, dialled.Socket, this, limits);
    }

    private async Task<Http1Connection?> WaitAsync(CancellationToken cancellation)
    {
        var place = new TaskCompletionSource<Http1Connection?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
            waiting.Enqueue(place);
        DialMore();
        var registration = cancellation.UnsafeRegister(static (state, token) => ((TaskCompletionSource<Http1Connection?>)state!).TrySetCanceled(token), place);
        await using (registration.ConfigureAwait(false))
            return await place.Task.ConfigureAwait(false);
    }

    private void DialMore()
    {
        while (true)
        {
            lock (gate)
            {
                while (waiting.TryPeek(out var first) && first.Task.IsCompleted)
                    waiting.Dequeue();
                if (dialling >= (isKnown ? waiting.Count : Math.Min(1, waiting.Count)))
                    return;
                dialling++;
            }

            _ = DialAsync();
        }
    }

    // For whoever waits longest when it is there.
    private async Task DialAsync()
    {
        try
        {
            var connection = await OpenAsync(isHttp1: false, closing.Token).ConfigureAwait(false);
            lock (gate)
            {
                dialling--;
                isKnown = true;
            }

            if (connection is not null)
                Return(connection, null);
            else
                Agreed();
        }
        catch (Exception e)
        {
            bool forAll;
            lock (gate)
            {
                dialling--;
                forAll = !isKnown;
            }

            // Whoever waited for this one connection hears of it: all of them, one, or the next one if that has gone.
            while (TryNext() is { } place)
            {
                if (place.TrySetException(e) && !forAll)
                    break;
            }
        }

        DialMore();
    }

    // Another protocol: everybody may use that one connection.
    private void Agreed()
    {
        while (TryNext() is { } place)
            place.TrySetResult(null);
    }

    private bool TryHandOver(Http1Connection connection)
    {
        if (connection.IsClosed || !IsWaitedFor())
            return false;
        if (!connection.IsQuiet)
        {
            connection.Close();
            return true;
        }

        while (TryNext() is { } place)
        {
            if (place.TrySetResult(connection))
                return true;
        }

        return false;
    }

    private bool IsWaitedFor()
    {
        lock (gate)
            return waiting.Count > 0;
    }

    private TaskCompletionSource<Http1Connection?>? TryNext()
    {
        lock (gate)
            return waiting.TryDequeue(out var place) ? place : null;
    }
}
