using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Elsewhere.Dns;

/// <summary>
/// One thread with one socket: receives a batch, answers each query into its own buffer, sends the batch. Its memory is taken once.
/// The kernel spreads clients over the sockets of one address (SO_REUSEPORT).
/// </summary>
internal sealed unsafe class UdpWorker : IUdpSender
{
    private const int Batch = 32;
    private const int QueryRoom = 2048;
    private const int NameRoom = 32;
    private const int ControlRoom = 64;

    private static readonly nuint BatchBytes = (nuint)(Batch * ((sizeof(LibC.MessageHeader) * 2) + (sizeof(LibC.Vector) * 2) + NameRoom + ControlRoom + QueryRoom + AnswerSettings.MaxDatagram));

    private readonly Socket socket;
    private readonly int descriptor;
    private readonly bool wildcard;
    private readonly bool six;
    private readonly Func<DnsTable> current;
    private readonly AnswerSettings settings;
    private readonly Forwarder forwarder;
    private readonly RateLimit? limit;
    private readonly TimeProvider time;
    private readonly Thread thread;
    private volatile bool stopping;
    private long queries;
    private long dropped;

    public UdpWorker(Socket socket, Func<DnsTable> current, AnswerSettings settings, Forwarder forwarder, RateLimit? limit, TimeProvider time)
    {
        this.socket = socket;
        this.current = current;
        this.settings = settings;
        this.forwarder = forwarder;
        this.limit = limit;
        this.time = time;
        var local = (IPEndPoint)socket.LocalEndPoint!;
        six = local.AddressFamily == AddressFamily.InterNetworkV6;
        wildcard = local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any);
        descriptor = (int)socket.Handle;
        thread = new Thread(Run) { IsBackground = true, Name = $"dns {local}" };
    }

    public long Queries => Volatile.Read(ref queries);

    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Datagrams that the kernel dropped, since they came faster than they were taken.</summary>
    public long Lost
    {
        get
        {
            Span<byte> words = stackalloc byte[LibC.MemoryInfoWords * sizeof(uint)];
            try
            {
                var length = socket.GetRawSocketOption(LibC.SolSocket, LibC.SoMemoryInfo, words);
                return length < words.Length ? 0 : MemoryMarshal.Cast<byte, uint>(words)[LibC.MemoryInfoDrops];
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    public void Start() => thread.Start();

    /// <summary>Wakes the thread, and waits until it has sent its last batch.</summary>
    public void Stop()
    {
        stopping = true;
        _ = LibC.Shutdown(descriptor, 0);
        thread.Join();
        socket.Dispose();
    }

    public void Send(ReadOnlySpan<byte> reply, in UdpClientAddress client)
    {
        fixed (byte* octets = reply)
        fixed (byte* name = client.Name)
        fixed (byte* control = client.Control)
        {
            var vector = new LibC.Vector { Base = octets, Length = (nuint)reply.Length };
            var header = new LibC.MessageHeader
            {
                Name = name,
                NameLength = (uint)client.Name.Length,
                Vectors = &vector,
                VectorCount = 1,
                Control = client.Control.Length == 0 ? null : control,
                ControlLength = (nuint)client.Control.Length,
            };
            var added = false;
            try
            {
                // The socket must not be closed, and its number not be another's, while it is used.
                socket.SafeHandle.DangerousAddRef(ref added);
                _ = LibC.SendMany(descriptor, &header, 1, 0);
            }
            catch (ObjectDisposedException)
            {
                // The server stopped before upstream answered; nobody waits any more.
            }
            finally
            {
                if (added)
                    socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private void Run()
    {
        var memory = (byte*)NativeMemory.AllocZeroed(BatchBytes);
        try
        {
            var received = (LibC.MessageHeader*)memory;
            var outgoing = received + Batch;
            var vectors = (LibC.Vector*)(outgoing + Batch);
            var names = (byte*)(vectors + (2 * Batch));
            var controls = names + (Batch * NameRoom);
            var messages = controls + (Batch * ControlRoom);
            var replies = messages + (Batch * QueryRoom);
            for (var i = 0; i < Batch; i++)
            {
                vectors[i] = new LibC.Vector { Base = messages + (i * QueryRoom), Length = QueryRoom };
                vectors[Batch + i].Base = replies + (i * AnswerSettings.MaxDatagram);
                received[i].Name = names + (i * NameRoom);
                received[i].Vectors = vectors + i;
                received[i].VectorCount = 1;
                received[i].Control = wildcard ? controls + (i * ControlRoom) : null;
            }

            Serve(received, outgoing);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private void Serve(LibC.MessageHeader* received, LibC.MessageHeader* outgoing)
    {
        uint turn = 0;
        while (!stopping)
        {
            for (var i = 0; i < Batch; i++)
            {
                received[i].NameLength = NameRoom;
                received[i].ControlLength = wildcard ? (nuint)ControlRoom : 0;
            }

            var count = LibC.ReceiveMany(descriptor, received, Batch, LibC.MsgWaitForOne, null);
            if (stopping)
                return;
            if (count <= 0)
                continue;
            limit?.At(time.GetTimestamp() / time.TimestampFrequency);
            var table = current();
            var replies = 0;
            for (var i = 0; i < count; i++)
            {
                if (Answer(table, ref received[i], turn++, ref outgoing[replies], received[i].Vectors + Batch))
                    replies++;
            }

            Volatile.Write(ref queries, queries + count);
            SendAll(outgoing, replies);
        }
    }

    private bool Answer(DnsTable table, ref LibC.MessageHeader received, uint turn, ref LibC.MessageHeader outgoing, LibC.Vector* vector)
    {
        var message = new ReadOnlySpan<byte>(received.Vectors->Base, (int)received.Received);
        var reply = new Span<byte>(vector->Base, AnswerSettings.MaxDatagram);
        var address = six ? new ReadOnlySpan<byte>(received.Name + 8, 16) : new ReadOnlySpan<byte>(received.Name + 4, 4);
        var context = new AnswerContext(settings, DnsTransport.Udp, turn, address);
        var rate = limit?.Count(address) ?? RateVerdict.Answer;
        if (rate != RateVerdict.Answer)
            return rate == RateVerdict.Slip && Prepare(received, ref outgoing, vector, Answerer.Truncate(message, context, reply));
        switch (Answerer.Answer(table, message, context, reply, out var length))
        {
            case Verdict.Reply:
                return Prepare(received, ref outgoing, vector, length);
            case Verdict.Forward or Verdict.Complete:
                var control = wildcard ? AnswerFrom(received.Control, (int)received.ControlLength) : 0;
                var client = new UdpClientAddress(
                    new ReadOnlySpan<byte>(received.Name, (int)received.NameLength).ToArray(), new ReadOnlySpan<byte>(received.Control, control).ToArray());
                if (forwarder.TryForward(table, message, this, client, turn))
                    return false;
                return Prepare(received, ref outgoing, vector, UpstreamAnswer.Write(table, message, null, context, reply));
            default:
                dropped++;
                return false;
        }
    }

    private bool Prepare(in LibC.MessageHeader received, ref LibC.MessageHeader outgoing, LibC.Vector* vector, int length)
    {
        vector->Length = (nuint)length;
        outgoing = received;
        outgoing.Vectors = vector;
        outgoing.ControlLength = wildcard ? (nuint)AnswerFrom(received.Control, (int)received.ControlLength) : 0;
        if (outgoing.ControlLength == 0)
            outgoing.Control = null;
        return length > 0;
    }

    private void SendAll(LibC.MessageHeader* outgoing, int count)
    {
        while (count > 0)
        {
            var sent = LibC.SendMany(descriptor, outgoing, (uint)count, 0);
            if (sent < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted)
                continue;

            // The first one cannot be sent (no route to that client, a full buffer): it is lost, as datagrams are; the others go on.
            var done = Math.Max(sent, 1);
            outgoing += done;
            count -= done;
        }
    }

    // struct cmsghdr { size_t len; int level; int type; } and struct in_pktinfo { int ifindex; in_addr spec_dst; in_addr addr; }: what says where
    // the query came in says where the reply goes out, with the interface left to the routes, except for link-local IPv6.
    private static int AnswerFrom(byte* control, int length)
    {
        var size = sizeof(nuint) + 8;
        if (length < size + 12)
            return 0;
        var level = *(int*)(control + sizeof(nuint));
        var type = *(int*)(control + sizeof(nuint) + 4);
        if (level == LibC.SolIP && type == LibC.IPPktInfo)
        {
            *(int*)(control + size) = 0;
            return (size + 12 + sizeof(nuint) - 1) & -sizeof(nuint);
        }

        if (level != LibC.SolIPv6 || type != LibC.IPv6PktInfo || length < size + 20)
            return 0;
        var linkLocal = (BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(control + size, 2)) & 0xffc0) == 0xfe80;
        if (!linkLocal)
            *(int*)(control + size + 16) = 0;
        return (size + 20 + sizeof(nuint) - 1) & -sizeof(nuint);
    }
}
