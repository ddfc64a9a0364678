namespace Elsewhere.Http.Http2Client;

/// <summary>The dynamic table of a decoder (RFC 7541 section 2.3.2): the newest entry has the lowest index.</summary>
internal sealed class DynamicTable
{
    // RFC 7541 section 4.1.
    private const int Overhead = 32;
    private (byte[] Bytes, int Name)[] ring = new (byte[], int)[16];
    private int newest;
    private int size;
    private readonly int most;
    private int limit;

    /// <summary>An empty one.</summary>
    /// <param name="most">The largest size that the encoder may choose: what SETTINGS said.</param>
    public DynamicTable(int most) => this.most = limit = most;

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>How large it is, as RFC 7541 section 4.1 counts.</summary>
    public int Size => size;

    /// <summary>An entry; the newest is 0.</summary>
    public void Get(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var (bytes, length) = ring[(newest - index) & (ring.Length - 1)];
        name = bytes.AsSpan(0, length);
        value = bytes.AsSpan(length);
    }

    /// <summary>Adds an entry; older ones make room. One that is larger than the table empties it.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var needed = name.Length + value.Length + Overhead;

        // It may be made of an entry that goes.
        byte[] bytes = needed <= limit ? [.. name, .. value] : [];
        var length = name.Length;
        Shrink(limit - needed);
        if (needed > limit)
            return;
        if (Count == ring.Length)
            Grow();
        newest = (newest + 1) & (ring.Length - 1);
        ring[newest] = (bytes, length);
        Count++;
        size += needed;
    }

    /// <summary>The encoder chooses another size; false if that is more than it may.</summary>
    public bool TryResize(int to)
    {
        if (to > most)
            return false;
        limit = to;
        Shrink(to);
        return true;
    }

    private void Shrink(int to)
    {
        while (Count > 0 && size > to)
        {
            ref var oldest = ref ring[(newest - Count + 1) & (ring.Length - 1)];
            size -= oldest.Bytes.Length + Overhead;
            oldest = default;
            Count--;
        }
    }

    private void Grow()
    {
        var larger = new (byte[], int)[ring.Length * 2];
        for (var i = 0; i < Count; i++)
            larger[Count - 1 - i] = ring[(newest - i) & (ring.Length - 1)];
        (ring, newest) = (larger, Count - 1);
    }
}
