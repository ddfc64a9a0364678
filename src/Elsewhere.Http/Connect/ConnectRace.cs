using System.Net.Sockets;
using Elsewhere.Http.Network;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Connect;

/// <summary>Connects to the first of several addresses that answers: the next one is tried beside one that is slow, and in place of one that fails (RFC 8305).</summary>
internal static class ConnectRace
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="order">Whom to try; not empty.</param>
    /// <param name="options">The rules.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellation">Ends it; every attempt under way counts as timed out if <paramref name="isLate"/> says so.</param>
    /// <param name="isLate">Whether the end is a time-out.</param>
    public static async Task<(SocketStream? Stream, DialledAddress Address, OriginFailure Failure)> RunAsync(
        List<DialledAddress> order, ConnectOptions options, RelayClock clock, Func<bool> isLate, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pending = new Dictionary<Task<(SocketStream? Stream, OriginFailure Failure)>, DialledAddress>();
        var (last, failure) = (order[0], OriginFailure.TimedOut);
        try
        {
            for (var next = 0; next < order.Count || pending.Count > 0;)
            {
                if (next < order.Count)
                {
                    var address = order[next++];
                    pending.Add(AttemptAsync(address, options, clock, isLate, over.Token), address);
                }

                if (!await FirstAsync(pending.Keys, next < order.Count ? options.Stagger : Timeout.InfiniteTimeSpan, clock.Time).ConfigureAwait(false))
                {
                    foreach (var slow in pending.Values)
                        slow.Health.Slow(clock.Now);
                    continue;
                }

                foreach (var (attempt, address) in pending.Where(static each => each.Key.IsCompleted).ToArray())
                {
                    pending.Remove(attempt);
                    var (stream, why) = await attempt.ConfigureAwait(false);
                    if (stream is not null)
                        return (stream, address, OriginFailure.None);
                    (last, failure) = (address, why);
                }
            }

            return (null, last, failure);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (var attempt in pending.Keys)
                _ = DropAsync(attempt);
        }
    }

    private static async Task<bool> FirstAsync(IEnumerable<Task> pending, TimeSpan stagger, TimeProvider time)
    {
        if (stagger == Timeout.InfiniteTimeSpan)
        {
            await Task.WhenAny(pending).ConfigureAwait(false);
            return true;
        }

        using var early = new CancellationTokenSource();
        var wait = Task.Delay(stagger, time, early.Token);
        var first = await Task.WhenAny([.. pending, wait]).ConfigureAwait(false);
        await early.CancelAsync().ConfigureAwait(false);
        return first != wait;
    }

    // It may have connected at the same moment as the winner.
    private static async Task DropAsync(Task<(SocketStream? Stream, OriginFailure Failure)> slower) => (await slower.ConfigureAwait(false)).Stream?.Dispose();

    private static async Task<(SocketStream? Stream, OriginFailure Failure)> AttemptAsync(
        DialledAddress address, ConnectOptions options, RelayClock clock, Func<bool> isLate, CancellationToken cancellation)
    {
        try
        {
            await address.EnterAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return (null, OriginFailure.TimedOut);
        }

        Socket? socket = null;
        var failure = OriginFailure.TimedOut;
        try
        {
            socket = new Socket(address.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)options.KeepAlive.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
            var stream = await Networks.Default.ConnectAsync(socket, address.EndPoint, cancellation).ConfigureAwait(false);
            address.Health.Succeeded();
            return (stream, OriginFailure.None);
        }
        catch (SocketException e)
        {
            failure = Failure(e.SocketErrorCode);
            if (failure != OriginFailure.Exhausted)
                address.Health.Failed(clock.Now, e.SocketErrorCode.ToString());
        }
        catch (OperationCanceledException)
        {
            if (isLate())
                address.Health.Failed(clock.Now, nameof(SocketError.TimedOut));
        }
        finally
        {
            address.Leave();
        }

        socket?.Dispose();
        return (null, failure);
    }

    private static OriginFailure Failure(SocketError error) => error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => OriginFailure.Refused,
        SocketError.TimedOut => OriginFailure.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
            or SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported => OriginFailure.Unreachable,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable => OriginFailure.Exhausted,
        _ => OriginFailure.Failed,
    };
}
