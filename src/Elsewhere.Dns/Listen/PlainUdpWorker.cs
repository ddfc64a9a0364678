using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Dns;

/// <summary>The same as <see cref="UdpWorker"/> where there is no <c>recvmmsg</c>: one datagram after the other through .NET's socket.</summary>
internal sealed class PlainUdpWorker : IUdpSender
{
    private readonly Socket socket;
    private readonly Func<DnsTable> current;
    private readonly AnswerSettings settings;
    private readonly Forwarder forwarder;
    private readonly Thread thread;
    private volatile bool stopping;
    private long queries;
    private long dropped;

    public PlainUdpWorker(Socket socket, Func<DnsTable> current, AnswerSettings settings, Forwarder forwarder)
    {
        this.socket = socket;
        this.current = current;
        this.settings = settings;
        this.forwarder = forwarder;
        thread = new Thread(Serve) { IsBackground = true, Name = $"dns {socket.LocalEndPoint}" };
    }

    public long Queries => Volatile.Read(ref queries);

    public long Dropped => Volatile.Read(ref dropped);

    public void Start() => thread.Start();

    public void Stop()
    {
        stopping = true;
        socket.Dispose();
        thread.Join();
    }

    public void Send(ReadOnlySpan<byte> reply, in UdpClientAddress client)
    {
        var address = new SocketAddress(socket.AddressFamily, client.Name.Length);
        client.Name.CopyTo(address.Buffer);
        Send(reply, address);
    }

    private void Serve()
    {
        var message = new byte[2048];
        var reply = new byte[AnswerSettings.MaxDatagram];
        var client = new SocketAddress(socket.AddressFamily);
        for (uint turn = 0; !stopping; turn++)
        {
            try
            {
                var length = socket.ReceiveFrom(message, SocketFlags.None, client);
                Volatile.Write(ref queries, queries + 1);
                Answer(message.AsSpan(0, length), client, turn, reply);
            }
            catch (SocketException)
            {
                // A client's port that is closed is reported here by some systems, and is no trouble of ours; closing ends the loop.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(ReadOnlySpan<byte> message, SocketAddress client, uint turn, byte[] reply)
    {
        var name = client.Buffer.Span[..client.Size];
        var address = socket.AddressFamily == AddressFamily.InterNetworkV6 ? name.Slice(8, 16) : name.Slice(4, 4);
        var context = new AnswerContext(settings, DnsTransport.Udp, turn, address);
        var table = current();
        switch (Answerer.Answer(table, message, context, reply, out var length))
        {
            case Verdict.Reply:
                Send(reply.AsSpan(0, length), client);
                break;
            case Verdict.Forward or Verdict.Complete:
                if (!forwarder.TryForward(table, message, this, new UdpClientAddress(name.ToArray(), []), turn))
                    Send(reply.AsSpan(0, UpstreamAnswer.Write(table, message, null, context, reply)), client);
                break;
            case Verdict.Drop:
                dropped++;
                break;
        }
    }

    private void Send(ReadOnlySpan<byte> reply, SocketAddress client)
    {
        try
        {
            socket.SendTo(reply, SocketFlags.None, client);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Lost, as datagrams are.
        }
    }
}
