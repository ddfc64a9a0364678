namespace Elsewhere.Dns;

/// <summary>One place of the index: a hash and one more than the number of its node, 0 for none.</summary>
internal readonly record struct Slot(uint Hash, int Node);

/// <summary>
/// Finds nodes by their keys: open addressing with linear probing, at most half full. Of several nodes of one key the one that was added first is found.
/// </summary>
internal sealed class NameIndex
{
    private NameIndex(Slot[] slots, int count) => (this.Slots, this.Count) = (slots, count);

    /// <summary>The places; as many as a power of two.</summary>
    public Slot[] Slots { get; private set; }

    /// <summary>How many nodes there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a node that is added makes it grow.</summary>
    public bool IsFull => this.Count * 2 > this.Slots.Length;

    /// <summary>The index of all nodes of a table.</summary>
    public static NameIndex Of(TableParts parts)
    {
        var size = 16;
        while (size < parts.Nodes.Count * 2)
            size *= 2;
        var index = new NameIndex(new Slot[size], 0);
        for (var node = 0; node < parts.Nodes.Count; node++)
            index.Add(parts, node);
        return index;
    }

    /// <summary>One of its own, to be changed while others read this one.</summary>
    public NameIndex Copy()
    {
        var slots = GC.AllocateUninitializedArray<Slot>(this.Slots.Length);
        this.Slots.CopyTo(slots, 0);
        return new NameIndex(slots, this.Count);
    }

    /// <summary>Adds a node, behind those of its key that are there.</summary>
    public void Add(TableParts parts, int node)
    {
        if (this.IsFull)
            Grow();
        Put(this.Slots, new Slot(DnsTable.Hash(parts.KeyOf(node)), node + 1));
        this.Count++;
    }

    /// <summary>Takes away every node of a key.</summary>
    public void Remove(TableParts parts, ReadOnlySpan<byte> key)
    {
        var hash = DnsTable.Hash(key);
        var mask = this.Slots.Length - 1;
        for (var i = (int)hash & mask; this.Slots[i].Node != 0;)
        {
            if (this.Slots[i].Hash == hash && parts.KeyOf(this.Slots[i].Node - 1).SequenceEqual(key))
                Close(i);
            else
                i = (i + 1) & mask;
        }
    }

    private static void Put(Slot[] slots, Slot slot)
    {
        var i = (int)slot.Hash & (slots.Length - 1);
        while (slots[i].Node != 0)
            i = (i + 1) & (slots.Length - 1);
        slots[i] = slot;
    }

    // From a hole on once around: so that the nodes of a key are put in the order in which they stand.
    private void Grow()
    {
        var (old, grown) = (this.Slots, new Slot[this.Slots.Length * 2]);
        var hole = Array.FindIndex(old, static slot => slot.Node == 0);
        for (var i = 1; i < old.Length; i++)
        {
            var slot = old[(hole + i) & (old.Length - 1)];
            if (slot.Node != 0)
                Put(grown, slot);
        }

        this.Slots = grown;
    }

    // What stands behind a hole and may not be reached past it moves into it, in order: so that which node of a key was first stays true.
    private void Close(int hole)
    {
        var mask = this.Slots.Length - 1;
        this.Count--;
        for (var i = (hole + 1) & mask; this.Slots[i].Node != 0; i = (i + 1) & mask)
        {
            var distance = (i - (int)this.Slots[i].Hash) & mask;
            if (distance < ((i - hole) & mask))
                continue;
            this.Slots[hole] = this.Slots[i];
            hole = i;
        }

        this.Slots[hole] = default;
    }
}
