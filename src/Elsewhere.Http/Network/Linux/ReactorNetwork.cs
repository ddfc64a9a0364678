using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Linux;
using Microsoft.AspNetCore.Connections;

namespace Elsewhere.Http.Network.Linux;

/// <summary>
/// Sockets on epoll: for each processor a thread that reads what has come and goes on with it at once. An event is asked for once in a socket's life, and nothing is read
/// that no event has spoken of.
/// </summary>
#pragma warning disable CA1001 // it lasts as long as the process
internal sealed class ReactorNetwork : INetwork
#pragma warning restore CA1001
{
    private readonly BlockPool blocks = new();
    private readonly Lazy<ChannelReactor[]> reactors = new(static () => [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static number => new ChannelReactor(number))]);
    private int turn;

    /// <summary>How many sockets there are.</summary>
    public int Count => reactors.Value.Sum(static reactor => reactor.Count);

    /// <inheritdoc/>
    public ConnectionContext Accept(Socket socket)
    {
        var connection = new ReactorConnection(Next(), socket, blocks);
        connection.Start();
        return connection;
    }

    /// <inheritdoc/>
    public async ValueTask<SocketStream> ConnectAsync(Socket socket, IPEndPoint to, CancellationToken cancellation)
    {
        socket.Blocking = false;
        var error = Start(socket, to);
        if (error is not (0 or Libc.InProgress))
            throw new SocketException((int)Libc.Name(error));
        var stream = new ReactorStream(ChannelReactor.Current ?? Next(), socket);
        try
        {
            await stream.OpenAsync(cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static unsafe int Start(Socket socket, IPEndPoint to)
    {
        var address = NativeAddress.Encode(to.Address, to.Port);
        if (to.Address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } scoped)
            BitConverter.TryWriteBytes(address.AsSpan(24), (uint)scoped.ScopeId);
        fixed (byte* start = address)
            return Libc.Connect((int)socket.Handle, start, address.Length) == 0 ? 0 : Libc.Error;
    }

    private ChannelReactor Next() => reactors.Value[(uint)Interlocked.Increment(ref turn) % (uint)reactors.Value.Length];
}
