using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>An address that answers no SYN: its queue is full.</summary>
internal sealed class BlackHole : IDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> fillers = [];

    public BlackHole()
    {
        listener.Bind(new IPEndPoint(RelayKit.NextAddress(), 0));
        listener.Listen(0);
        for (var i = 0; i < 4; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            fillers.Add(filler);
            try
            {
                filler.Connect(EndPoint);
            }
            catch (SocketException)
            {
                // Under way, or waiting for ever: that is what it is for.
            }
        }
    }

    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndPoint!;

    public void Dispose()
    {
        listener.Dispose();
        foreach (var filler in fillers)
            filler.Dispose();
    }
}
