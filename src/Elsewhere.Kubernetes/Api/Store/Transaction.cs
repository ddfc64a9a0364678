using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>Changes that become visible together. Used by one thread while nobody else changes anything.</summary>
internal sealed class Transaction(StoreState state)
{
    /// <summary>What there is, these changes included.</summary>
    public StoreState State { get; private set; } = state;

    /// <summary>The changes, in order.</summary>
    public List<StoreChange> Changes { get; } = [];

    /// <summary>What the journal gets.</summary>
    public List<byte[]> Lines { get; } = [];

    /// <summary>Up to which version versions may be given out when its lines are on disk; 0 if it says nothing about that.</summary>
    public ulong Reserved { get; set; }

    /// <summary>An object as it is now, or null.</summary>
    public StoredObject? Find(Collection collection, ObjectKey key) => State.Find(collection, key);

    /// <summary>Adds an object or replaces the one of that key.</summary>
    /// <param name="collection">Its collection.</param>
    /// <param name="key">Its key.</param>
    /// <param name="tree">The object; its collection version is written into it.</param>
    /// <param name="writer">Who writes it.</param>
    /// <param name="fileHash">The fingerprint of the file's object that it stands in for.</param>
    /// <param name="isReport">Whether the data plane itself says how the object does.</param>
    public StoredObject Put(Collection collection, ObjectKey key, Node tree, Writer writer, string? fileHash = null, bool isReport = false)
    {
        var before = Find(collection, key);
        var next = StoredObject.Of(collection, key, State.Version + 1, writer, tree, fileHash);
        if (State.Tombstones.ContainsKey((collection, key)))
            Reveal(collection, key);
        State = State.With(next, before);
        Changes.Add(new(next.Version, before is null ? ChangeKind.Added : ChangeKind.Modified, next, before, isReport));
        if (writer == Writer.Api)
            Lines.Add(StoreRecords.Put(next));
        else if (before?.Writer == Writer.Api)
            Lines.Add(StoreRecords.Drop(collection, key, next.Version, null));
        return next;
    }

    /// <summary>Takes an object away.</summary>
    /// <param name="gone">The object.</param>
    /// <param name="hidden">The fingerprint of the file's object that is deleted with it, which must not come back by itself.</param>
    /// <returns>Its last state, with the version of the deletion.</returns>
    public StoredObject Delete(StoredObject gone, string? hidden = null)
    {
        var last = StoredObject.Of(gone.Collection, gone.Key, State.Version + 1, gone.Writer, gone.Parse());
        State = State.Without(gone, last.Version);
        Changes.Add(new(last.Version, ChangeKind.Deleted, last, gone));
        if (hidden is not null)
            State = State with { Tombstones = State.Tombstones.SetItem((gone.Collection, gone.Key), hidden) };
        if (gone.Writer == Writer.Api || hidden is not null)
            Lines.Add(StoreRecords.Drop(gone.Collection, gone.Key, last.Version, hidden));
        return last;
    }

    /// <summary>Lets a file's object show again that a client had deleted.</summary>
    public void Reveal(Collection collection, ObjectKey key)
    {
        State = State with { Tombstones = State.Tombstones.Remove((collection, key)) };
        Lines.Add(StoreRecords.Drop(collection, key, State.Version, null));
    }

    /// <summary>The version that the next change gets, as text.</summary>
    public string NextVersion => (State.Version + 1).ToString(CultureInfo.InvariantCulture);
}
