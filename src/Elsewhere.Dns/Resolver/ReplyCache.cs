using System.Collections.Concurrent;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>One reply in the cache.</summary>
internal sealed class CacheEntry(UpstreamReply reply, long storedAt, TimeSpan ttl, bool failed)
{
    private Aged? aged;
    private long failedAt = long.MinValue;

    /// <summary>As it came, TTLs levelled and clamped.</summary>
    public UpstreamReply Reply { get; } = reply;

    public long StoredAt { get; } = storedAt;

    /// <summary>How long it is fresh.</summary>
    public TimeSpan Ttl { get; } = ttl;

    /// <summary>Whether it stands for no answer (RFC 9520), so that it is never served stale.</summary>
    public bool Failed { get; } = failed;

    public int Slot { get; set; } = -1;

    /// <summary>Asked for since the clock's hand passed.</summary>
    public bool Visited { get; set; }

    public int Hits { get; set; }

    public bool Prefetching { get; set; }

    /// <summary>When a server was last asked for a newer one in vain; a timestamp.</summary>
    public long FailedAt
    {
        get => Volatile.Read(ref failedAt);
        set => Volatile.Write(ref failedAt, value);
    }

    /// <summary>About how many octets it takes.</summary>
    public int Size { get; } = 300 + SizeOf(reply.Answer) + SizeOf(reply.Authority) + SizeOf(reply.Additional);

    /// <summary>The reply as it is some seconds later; made once a second at most.</summary>
    /// <param name="seconds">Whole seconds since it was stored.</param>
    public UpstreamReply After(uint seconds)
    {
        if (seconds == 0)
            return Reply;
        var known = Volatile.Read(ref aged);
        if (known is not null && known.Seconds == seconds)
            return known.Reply;
        var reply = WithTtl(Reply, record => record.Ttl > seconds ? record.Ttl - seconds : 0);
        Volatile.Write(ref aged, new Aged(seconds, reply));
        return reply;
    }

    /// <summary>The reply with other TTLs.</summary>
    public static UpstreamReply WithTtl(UpstreamReply reply, Func<ResourceRecord, uint> ttl) => reply with
    {
        Answer = With(reply.Answer, ttl),
        Authority = With(reply.Authority, ttl),
        Additional = With(reply.Additional, ttl),
    };

    private static Seq<ResourceRecord> With(Seq<ResourceRecord> records, Func<ResourceRecord, uint> ttl) =>
        records.IsEmpty ? records : records.Select(record => record with { Ttl = ttl(record) }).ToSeq();

    private static int SizeOf(Seq<ResourceRecord> records)
    {
        var size = 0;
        foreach (var record in records)
            size += 150 + record.Owner.Wire.Length + record.Rdata.Length;
        return size;
    }

    private sealed record Aged(uint Seconds, UpstreamReply Reply);
}

/// <summary>
/// Replies by question, bounded in number and size. Eviction is CLOCK: what nobody asked for again goes first, so that a storm of names that are asked once
/// cannot push out what is used. Finding takes no lock.
/// </summary>
internal sealed class ReplyCache(int maxEntries, long maxBytes)
{
    private readonly ConcurrentDictionary<Question, CacheEntry> entries = new(QuestionComparer.Instance);
    private readonly Lock gate = new();
    private readonly (Question Question, CacheEntry? Entry)[] ring = new (Question, CacheEntry?)[maxEntries];
    private readonly Stack<int> free = new();
    private int used;
    private int hand;
    private long bytes;

    public int Count
    {
        get
        {
            lock (gate)
                return used - free.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (gate)
                return bytes;
        }
    }

    public CacheEntry? Find(Question question)
    {
        if (!entries.TryGetValue(question, out var entry))
            return null;
        if (!entry.Visited)
            entry.Visited = true;
        return entry;
    }

    /// <summary>Stores, in place of what was there. An entry larger than the whole cache is not stored.</summary>
    public void Store(Question question, CacheEntry entry)
    {
        lock (gate)
        {
            if (entries.TryGetValue(question, out var old))
            {
                if (entry.Size <= maxBytes)
                {
                    Replace(question, old, entry);
                    return;
                }

                Drop(old);
            }

            if (entry.Size > maxBytes || maxEntries == 0)
                return;
            while (bytes + entry.Size > maxBytes || used - free.Count == maxEntries)
                Evict();
            entry.Slot = free.TryPop(out var slot) ? slot : used++;
            ring[entry.Slot] = (question, entry);
            entries[question] = entry;
            bytes += entry.Size;
        }
    }

    // Without a moment in which neither is there.
    private void Replace(Question question, CacheEntry old, CacheEntry entry)
    {
        entry.Slot = old.Slot;
        entry.Visited = true;
        ring[entry.Slot] = (question, entry);
        entries[question] = entry;
        bytes += entry.Size - old.Size;
        while (bytes > maxBytes)
            Evict();
    }

    private void Evict()
    {
        while (true)
        {
            var entry = ring[hand].Entry;
            hand = hand + 1 == used ? 0 : hand + 1;
            if (entry is null)
                continue;
            if (entry.Visited)
            {
                entry.Visited = false;
                continue;
            }

            Drop(entry);
            return;
        }
    }

    private void Drop(CacheEntry entry)
    {
        entries.TryRemove(ring[entry.Slot].Question, out _);
        ring[entry.Slot] = default;
        free.Push(entry.Slot);
        bytes -= entry.Size;
    }
}
