using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsewhere.Model;

/// <summary>Makes a <see cref="Seq{T}"/>; also what collection expressions call.</summary>
public static class Seq
{
    /// <summary>Copies <paramref name="items"/> into a new sequence.</summary>
    public static Seq<T> Create<T>(ReadOnlySpan<T> items) => new(ImmutableArray.Create(items));

    /// <summary>Copies <paramref name="items"/> into a new sequence.</summary>
    public static Seq<T> ToSeq<T>(this IEnumerable<T> items) => new([.. items]);

    /// <summary>Takes the array itself: nobody may write to it afterwards.</summary>
    internal static Seq<T> Own<T>(T[] items) => new(ImmutableCollectionsMarshal.AsImmutableArray(items));

    /// <summary>The array itself: nobody may write to it.</summary>
    internal static T[] Lend<T>(Seq<T> items) => items.IsEmpty ? [] : ImmutableCollectionsMarshal.AsArray(items.Items)!;
}

/// <summary>
/// An immutable sequence that is equal to another when their items are, in order.
/// Records over <see cref="ImmutableArray{T}"/> compare by reference, so that two equal snapshots would look changed.
/// </summary>
/// <typeparam name="T">The item; must itself compare by value.</typeparam>
[CollectionBuilder(typeof(Seq), nameof(Seq.Create))]
public readonly struct Seq<T> : IReadOnlyList<T>, IEquatable<Seq<T>>
{
    private readonly ImmutableArray<T> items;

    internal Seq(ImmutableArray<T> items) => this.items = items;

    internal ImmutableArray<T> Items => items;

    /// <inheritdoc/>
    public int Count => items.IsDefault ? 0 : items.Length;

    /// <summary>Whether there is no item.</summary>
    public bool IsEmpty => this.Count == 0;

    /// <inheritdoc/>
    public T this[int index] => items[index];

    /// <summary>The items without a copy.</summary>
    public ReadOnlySpan<T> AsSpan() => items.IsDefault ? default : items.AsSpan();

    /// <summary>Whether both are the very same sequence, as is seen at a glance.</summary>
    internal bool Is(Seq<T> other) => items == other.items;

    /// <summary>Enumerates without allocating.</summary>
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() =>
        ((IEnumerable<T>)(items.IsDefault ? [] : items)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<T>)this).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Seq<T> other)
    {
        if (this.Count != other.Count)
            return false;
        if (items == other.items)
            return true;
        var comparer = EqualityComparer<T>.Default;
        for (var i = 0; i < this.Count; i++)
        {
            if (!comparer.Equals(items[i], other.items[i]))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Seq<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in this)
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>Whether both hold equal items in the same order.</summary>
    public static bool operator ==(Seq<T> left, Seq<T> right) => left.Equals(right);

    /// <summary>Whether the items or their order differ.</summary>
    public static bool operator !=(Seq<T> left, Seq<T> right) => !left.Equals(right);

    /// <summary>The items in brackets, for messages and test output.</summary>
    public override string ToString() => $"[{string.Join(", ", (IEnumerable<T>)this)}]";
}
