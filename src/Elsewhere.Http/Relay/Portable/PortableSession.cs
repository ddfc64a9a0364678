using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Portable;

/// <summary>One TCP connection from its acceptance to its end.</summary>
internal sealed class PortableSession(PortableEngine engine, LiveSlot slot, Socket client)
{
    private const int BufferSize = 65_536;
    private readonly Lock sweeping = new();
    private LivePort port = slot.Port;
    private Socket? upstream;
    private TargetState? target;
    private CancellationTokenSource? dialling;
    private ITimer? doom;
    private bool ended;

    public async Task RunAsync()
    {
        port.Counters.Opened();
        engine.Add(this);
        try
        {
            Prepare(client);
            var address = port.Affinity is null ? null : IPText(client);
            var dialled = await DialLiveAsync(address).ConfigureAwait(false);
            if (dialled is not { } connected)
            {
                port.Counters.Failed();
                Reset(client);
                return;
            }

            (upstream, target) = connected;
            target.Opened();
            if (address is not null)
                port.Affinity?.Bind(address, target, engine.Clock.Now);
            Sweep(engine.Live);
            var up = PumpAsync(client, upstream, port.Counters.ToOrigin);
            var down = PumpAsync(upstream, client, port.Counters.ToClient);
            if (await (await Task.WhenAny(up, down).ConfigureAwait(false)).ConfigureAwait(false))
                await Task.WhenAll(up, down).ConfigureAwait(false);
            if (up.IsCompletedSuccessfully && down.IsCompletedSuccessfully && up.Result && down.Result)
            {
                client.Dispose();
                upstream.Dispose();
            }
            else
            {
                Abort();
                await Task.WhenAll(up, down).ConfigureAwait(false);
            }

            if (address is not null)
                port.Affinity?.Bind(address, target, engine.Clock.Now);
        }
        finally
        {
            lock (sweeping)
            {
                ended = true;
                doom?.Dispose();
            }

            target?.Closed();
            port.Counters.Closed();
            engine.Remove(this);
        }
    }

    /// <summary>Starts the drain if the table does not keep the connection, stops it if it does again.</summary>
    public void Sweep(LiveTable table)
    {
        lock (sweeping)
        {
            if (ended)
                return;
            if (target is null)
            {
                if (table[slot.Listener.Slot] is { } now && now.Listener == slot.Listener && now.Port != port)
                    dialling?.Cancel();
                return;
            }

            if (table.Keeps(slot.Listener, target))
            {
                doom?.Dispose();
                doom = null;
            }
            else
            {
                doom ??= engine.Clock.Time.CreateTimer(_ => Abort(), null, engine.Options.DrainTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Abort()
    {
        Reset(client);
        if (upstream is not null)
            Reset(upstream);
    }

    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        socket.Dispose();
    }

    private static IPAddress? IPText(Socket socket) =>
        socket.RemoteEndPoint is IPEndPoint remote ? Model.IPText.Unmap(remote.Address) : null;

    private void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)engine.Options.KeepAlive.TotalSeconds);
    }

    // A target may have gone after the table was read: then the table of now has the last word.
    private async Task<(Socket Socket, TargetState Target)?> DialLiveAsync(IPAddress? address)
    {
        while (true)
        {
            using var won = new CancellationTokenSource();
            lock (sweeping)
                dialling = won;
            var dialled = await DialAsync(address, won).ConfigureAwait(false);
            lock (sweeping)
                dialling = null;
            if (dialled is not null || engine.Live[slot.Listener.Slot] is not { } now || now.Listener != slot.Listener || now.Port == port)
                return dialled;
            port.Counters.Closed();
            port = now.Port;
            port.Counters.Opened();
        }
    }

    private async Task<(Socket Socket, TargetState Target)?> DialAsync(IPAddress? address, CancellationTokenSource won)
    {
        var order = new TargetState[port.Tries];
        var count = port.Order(address, ref slot.Listener.Turn, engine.Clock.Now, order);
        var pending = new Dictionary<Task<Socket?>, TargetState>();
        for (var next = 0; next < count || pending.Count > 0;)
        {
            if (next < count)
            {
                pending.Add(ConnectAsync(order[next], won.Token), order[next]);
                next++;
            }

            while (pending.Count > 0)
            {
                Task finished;
                if (next < count)
                {
                    using var stagger = CancellationTokenSource.CreateLinkedTokenSource(won.Token);
                    var wait = Task.Delay(engine.Options.ConnectStagger, engine.Clock.Time, stagger.Token);
                    finished = await Task.WhenAny([wait, .. pending.Keys]).ConfigureAwait(false);
                    await stagger.CancelAsync().ConfigureAwait(false);
                }
                else
                {
                    finished = await Task.WhenAny(pending.Keys).ConfigureAwait(false);
                }

                if (finished is not Task<Socket?> attempt || !pending.Remove(attempt, out var state))
                {
                    foreach (var (_, slow) in pending)
                        slow.Slow(engine.Clock.Now);
                    break;
                }

                if (await attempt.ConfigureAwait(false) is { } connected)
                {
                    await won.CancelAsync().ConfigureAwait(false);
                    _ = DropAsync(pending.Keys);
                    return (connected, state);
                }

                if (next < count)
                    break;
            }
        }

        return null;
    }

    // Those that were slower may have connected nevertheless.
    private static async Task DropAsync(IEnumerable<Task<Socket?>> slower)
    {
        foreach (var socket in await Task.WhenAll(slower).ConfigureAwait(false))
            socket?.Dispose();
    }

    private async Task<Socket?> ConnectAsync(TargetState state, CancellationToken won)
    {
        var until = engine.Clock.Now + (long)engine.Options.ConnectTimeout.TotalMilliseconds;
        while (!state.TryBeginConnect(engine.Options.ConnectsPerTarget))
        {
            if (engine.Clock.Now >= until || won.IsCancellationRequested)
                return null;
            await Task.Delay(TimeSpan.FromMilliseconds(5), engine.Clock.Time, CancellationToken.None).ConfigureAwait(false);
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(state.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            Prepare(socket);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(won);
            limit.CancelAfter(engine.Options.ConnectTimeout);
            await socket.ConnectAsync(state.EndPoint, limit.Token).ConfigureAwait(false);
            state.Succeeded();
            return socket;
        }
        catch (SocketException e)
        {
            // Descriptors or local ports that have run out are no fault of the target.
            if (e.SocketErrorCode is not (SocketError.TooManyOpenSockets or SocketError.AddressNotAvailable))
                state.Failed(engine.Clock.Now, e.SocketErrorCode.ToString());
        }
        catch (OperationCanceledException) when (won.IsCancellationRequested)
        {
            // Another target was faster.
        }
        catch (OperationCanceledException)
        {
            state.Failed(engine.Clock.Now, nameof(SocketError.TimedOut));
        }
        finally
        {
            state.EndConnect();
        }

        socket?.Dispose();
        return null;
    }

    // True for an orderly end, false when either side was reset. An idle direction holds no buffer: it waits with an empty one.
    private static async Task<bool> PumpAsync(Socket from, Socket to, Action<long> count)
    {
        try
        {
            while (true)
            {
                await from.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                try
                {
                    int received;
                    do
                    {
                        received = await from.ReceiveAsync(buffer).ConfigureAwait(false);
                        if (received == 0)
                        {
                            to.Shutdown(SocketShutdown.Send);
                            return true;
                        }

                        for (var sent = 0; sent < received;)
                            sent += await to.SendAsync(buffer.AsMemory(sent, received - sent)).ConfigureAwait(false);
                        count(received);
                    }
                    while (received == buffer.Length);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
