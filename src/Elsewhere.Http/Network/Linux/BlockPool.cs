using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Elsewhere.Http.Network.Linux;

/// <summary>Pinned blocks of memory for what is between sockets and server. More than a number of them that nobody uses are left to the collector.</summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    private const int BlockSize = 4096;
    private const int MostFree = 4096;
    private readonly ConcurrentQueue<Block> free = new();
    private int count;

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockSize;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (!free.TryDequeue(out var block))
            return new Block(this);
        Interlocked.Decrement(ref count);
        block.Begin();
        return block;
    }

    /// <summary>It lasts as long as the process.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Volatile.Read(ref count) >= MostFree)
            return;
        Interlocked.Increment(ref count);
        free.Enqueue(block);
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        private int returned;

        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void Begin() => returned = 0;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref returned, 1) == 0)
                pool.Return(this);
        }
    }
}
