using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>What an event is about.</summary>
internal enum EventKind : byte
{
    /// <summary>Another thread has something for this one.</summary>
    Wake,

    /// <summary>Some listener has connections; which one the inner epoll knows.</summary>
    Listeners,

    /// <summary>One TCP listener.</summary>
    Listener,

    /// <summary>The client's socket of a session.</summary>
    Client,

    /// <summary>A socket towards a target, connected or not yet.</summary>
    Upstream,

    /// <summary>A UDP listener.</summary>
    UdpListener,

    /// <summary>A UDP association's socket.</summary>
    UdpUpstream,
}

/// <summary>What the kernel gives back with an event.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Part">Which of several sockets.</param>
/// <param name="Generation">Tells a place that was used again from what was there before.</param>
/// <param name="Index">Which session, slot or association.</param>
internal readonly record struct EventTag(EventKind Kind, byte Part, ushort Generation, int Index)
{
    public ulong Pack() => ((ulong)this.Kind << 56) | ((ulong)this.Part << 48) | ((ulong)this.Generation << 32) | (uint)this.Index;

    public static EventTag Unpack(ulong packed) => new((EventKind)(packed >> 56), (byte)(packed >> 48), (ushort)(packed >> 32), (int)packed);
}

/// <summary>One epoll instance. Adding and removing may come from any thread; waiting is for one.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    public const uint In = 1;
    public const uint Out = 4;
    public const uint Error = 8;
    public const uint HangUp = 16;
    public const uint PeerHangUp = 0x2000;
    public const uint Edge = 1u << 31;

    private const int AddOperation = 1;
    private const int RemoveOperation = 2;
    private const int MostEvents = 256;

    // x86-64 packs the structure, every other architecture aligns it.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Stride = DataOffset + 8;
    private readonly byte* events = (byte*)NativeMemory.AllocZeroed((nuint)(MostEvents * 16));
    private bool disposed;

    public int Descriptor { get; } = Libc.EpollCreate(Libc.CloseOnExec);

    public bool Add(int fd, uint what, EventTag tag)
    {
        var change = stackalloc byte[16];
        Unsafe.WriteUnaligned(change, what);
        Unsafe.WriteUnaligned(change + DataOffset, tag.Pack());
        return Libc.EpollControl(Descriptor, AddOperation, fd, change) == 0;
    }

    public void Remove(int fd)
    {
        var change = stackalloc byte[16];
        _ = Libc.EpollControl(Descriptor, RemoveOperation, fd, change);
    }

    /// <summary>Waits up to a time in milliseconds, -1 for ever; the number of events that can be read now.</summary>
    public int Wait(int timeout) => Math.Max(0, Libc.EpollWait(Descriptor, events, MostEvents, timeout));

    public uint What(int index) => Unsafe.ReadUnaligned<uint>(events + (index * Stride));

    public EventTag Tag(int index) => EventTag.Unpack(Unsafe.ReadUnaligned<ulong>(events + (index * Stride) + DataOffset));

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        _ = Libc.Close(Descriptor);
        NativeMemory.Free(events);
    }
}
