using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Dns;

/// <summary>Accepts connections, keeps their number within the limits, and closes idle ones.</summary>
internal sealed class TcpService : IDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);
    private readonly DnsServerOptions options;
    private readonly Func<DnsTable> current;
    private readonly AnswerSettings settings;
    private readonly Forwarder forwarder;
    private readonly TimeProvider time;
    private readonly ITimer sweeper;
    private readonly Lock gate = new();
    private readonly Dictionary<TcpConnection, Task> connections = [];

    // Told to go, and not gone yet: they do not count any more, so that each newcomer drives out another one.
    private readonly Dictionary<TcpConnection, Task> leaving = [];
    private readonly List<Socket> listeners = [];
    private long closedQueries;
    private bool stopping;

    public TcpService(DnsServerOptions options, Func<DnsTable> current, AnswerSettings settings, Forwarder forwarder, TimeProvider time)
    {
        this.options = options;
        this.current = current;
        this.settings = settings;
        this.forwarder = forwarder;
        this.time = time;
        sweeper = time.CreateTimer(_ => CloseIdle(), null, Sweep, Sweep);
    }

    public int Connections
    {
        get
        {
            lock (gate)
                return connections.Count;
        }
    }

    public long Queries
    {
        get
        {
            lock (gate)
                return closedQueries + connections.Keys.Concat(leaving.Keys).Sum(connection => connection.Queries);
        }
    }

    /// <summary>Takes a socket that listens.</summary>
    public void Start(Socket listener)
    {
        listeners.Add(listener);
        _ = AcceptAsync(listener);
    }

    /// <summary>Accepts no more, lets replies under way go out for a moment, then closes.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        Task[] running;
        lock (gate)
        {
            stopping = true;
            running = [.. connections.Values, .. leaving.Values];
            foreach (var connection in connections.Keys)
                connection.StopReading();
        }

        foreach (var listener in listeners)
            listener.Dispose();
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(grace, time)).ConfigureAwait(false);
        lock (gate)
        {
            foreach (var connection in connections.Keys.Concat(leaving.Keys))
                connection.Dispose();
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    public void Dispose() => sweeper.Dispose();

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                Add(await listener.AcceptAsync().ConfigureAwait(false));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the client is gone already: not a loop that burns.
                await Task.Delay(AcceptPause, time).ConfigureAwait(false);
            }
        }
    }

    private void Add(Socket socket)
    {
        TcpConnection connection;
        try
        {
            connection = new TcpConnection(socket, current, settings, forwarder, options.MaxForwardsPerConnection, time);
        }
        catch (Exception error) when (error is SocketException or NullReferenceException)
        {
            // Reset between accept and now; it has no peer any more.
            socket.Dispose();
            return;
        }

        lock (gate)
        {
            if (stopping)
            {
                connection.Dispose();
                return;
            }

            MakeRoom(connection.Peer);
            connections.Add(connection, Task.CompletedTask);
            connections[connection] = Task.Run(() => RunAsync(connection));
        }
    }

    private async Task RunAsync(TcpConnection connection)
    {
        await connection.RunAsync().ConfigureAwait(false);
        lock (gate)
        {
            closedQueries += connection.Queries;
            connections.Remove(connection);
            leaving.Remove(connection);
        }
    }

    // RFC 7766 section 6.2.3 and RFC 9210 section 5.1: under pressure the connection that is idle longest goes, the client's own one first.
    private void MakeRoom(IPAddress peer)
    {
        if (connections.Keys.Count(connection => connection.Peer.Equals(peer)) >= options.MaxTcpConnectionsPerClient)
            Leave(connections.Keys.Where(connection => connection.Peer.Equals(peer)).MinBy(connection => connection.LastActivity));
        else if (connections.Count >= options.MaxTcpConnections)
            Leave(connections.Keys.MinBy(connection => connection.LastActivity));
    }

    private void CloseIdle()
    {
        lock (gate)
        {
            foreach (var connection in connections.Keys.Where(connection => time.GetElapsedTime(connection.LastActivity) > options.TcpIdle).ToArray())
                Leave(connection);
        }
    }

    private void Leave(TcpConnection? connection)
    {
        if (connection is null || !connections.Remove(connection, out var task))
            return;
        leaving.Add(connection, task);
        connection.Close();
    }
}
