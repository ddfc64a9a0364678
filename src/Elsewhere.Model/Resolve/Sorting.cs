namespace Elsewhere.Model;

/// <summary>Sorts what is nearly always sorted already, and then costs one look at each item.</summary>
internal static class Sorting
{
    /// <summary>The items in the order of their keys; not to be written to.</summary>
    public static T[] ByKey<T>(Seq<T> items, Func<T, ObjectKey> key) => ByKey(Seq.Lend(items), key);

    /// <inheritdoc cref="ByKey{T}(Seq{T}, Func{T, ObjectKey})"/>
    public static T[] ByKey<T>(T[] items, Func<T, ObjectKey> key)
    {
        for (var i = 1; i < items.Length; i++)
        {
            if (key(items[i - 1]).CompareTo(key(items[i])) <= 0)
                continue;
            var keys = Array.ConvertAll(items, item => key(item));
            var order = new int[items.Length];
            for (var n = 0; n < order.Length; n++)
                order[n] = n;

            // By index where keys are equal: the sort of the framework is not stable.
            Array.Sort(order, (a, b) => keys[a].CompareTo(keys[b]) is var c && c != 0 ? c : a - b);
            return Array.ConvertAll(order, n => items[n]);
        }

        return items;
    }
}
