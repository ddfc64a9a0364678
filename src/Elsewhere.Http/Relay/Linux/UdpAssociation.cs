using System.Runtime.InteropServices;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>Who a client is, at one listener.</summary>
/// <param name="Listener">The listener's descriptor.</param>
/// <param name="Address">The client's address.</param>
/// <param name="Port">The client's port.</param>
internal readonly record struct UdpClientKey(int Listener, UInt128 Address, ushort Port);

/// <summary>One client's way to one target, over a socket of its own so that replies find back.</summary>
internal sealed class UdpAssociation(int index)
{
    public int Index => index;

    public ushort Generation { get; set; }

    public bool Open { get; set; }

    public UdpClientKey Key { get; set; }

    public UdpListener? Listener { get; set; }

    /// <summary>The client's socket address, to reply to.</summary>
    public byte[] Client { get; } = GC.AllocateArray<byte>(NativeAddress.Size, pinned: true);

    public int ClientLength { get; set; }

    public int Descriptor { get; set; }

    public TargetState? Target { get; set; }

    public LivePort? Port { get; set; }

    public long LastUsed { get; set; }

    /// <summary>The neighbours in the order of use.</summary>
    public UdpAssociation? Older { get; set; }

    public UdpAssociation? Newer { get; set; }
}

/// <summary>One UDP listener of a thread.</summary>
/// <param name="Listener">The listener.</param>
/// <param name="Descriptor">Its socket.</param>
internal sealed record UdpListener(Listener Listener, int Descriptor);

/// <summary>A batch of datagrams as recvmmsg and sendmmsg want them.</summary>
internal sealed unsafe class UdpBatch : IDisposable
{
    public const int Size = 32;

    private const int LargestDatagram = 65_536;
    private readonly Libc.Message* messages = (Libc.Message*)Allocate(Size * sizeof(Libc.Message));
    private readonly Libc.Piece* pieces = (Libc.Piece*)Allocate(Size * sizeof(Libc.Piece));
    private readonly byte* names = (byte*)Allocate(Size * NativeAddress.Size);
    private readonly byte* datagrams = (byte*)Allocate(Size * LargestDatagram);
    private bool disposed;

    /// <summary>Receives up to a batch; the number, or -1.</summary>
    public int Receive(int fd, bool withNames)
    {
        for (var i = 0; i < Size; i++)
        {
            pieces[i] = new Libc.Piece { Start = datagrams + (i * LargestDatagram), Length = LargestDatagram };
            messages[i] = new Libc.Message
            {
                Name = withNames ? names + (i * NativeAddress.Size) : null,
                NameLength = withNames ? NativeAddress.Size : 0,
                Pieces = pieces + i,
                PieceCount = 1,
            };
        }

        return Libc.ReceiveMany(fd, messages, Size, Libc.DontWait, null);
    }

    public ReadOnlySpan<byte> Name(int index) => new(messages[index].Name, messages[index].NameLength);

    public int Length(int index) => messages[index].Length;

    /// <summary>Sends one datagram over a connected socket.</summary>
    public nint Send(int fd, int index) => Libc.Send(fd, datagrams + (index * LargestDatagram), messages[index].Length, Libc.NoSignal | Libc.DontWait);

    /// <summary>Sends the first datagrams to one address; how many were sent.</summary>
    public int SendAll(int fd, int count, byte[] to, int length)
    {
        fixed (byte* name = to)
        {
            for (var i = 0; i < count; i++)
            {
                messages[i].Name = name;
                messages[i].NameLength = length;
                pieces[i].Length = messages[i].Length;
            }

            return Libc.SendMany(fd, messages, (uint)count, Libc.NoSignal | Libc.DontWait);
        }
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        NativeMemory.Free(messages);
        NativeMemory.Free(pieces);
        NativeMemory.Free(names);
        NativeMemory.Free(datagrams);
    }

    private static void* Allocate(int bytes) => NativeMemory.AllocZeroed((nuint)bytes);
}
