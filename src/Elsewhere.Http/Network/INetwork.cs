using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Elsewhere.Http.Network;

/// <summary>How the gateway reads and writes its sockets, towards clients and towards origins.</summary>
internal interface INetwork
{
    /// <summary>Makes an accepted socket a connection of the server. It is the connection's from then on.</summary>
    /// <exception cref="SocketException">It has ended already.</exception>
    ConnectionContext Accept(Socket socket);

    /// <summary>Connects a socket that was never used. It is the stream's if this succeeds; else it is still the caller's.</summary>
    /// <param name="socket">The socket, its options set.</param>
    /// <param name="to">Where to.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <exception cref="SocketException">It did not come about.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    ValueTask<SocketStream> ConnectAsync(Socket socket, IPEndPoint to, CancellationToken cancellation);
}
