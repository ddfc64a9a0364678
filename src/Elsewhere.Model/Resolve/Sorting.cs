namespace Elsewhere.Model;

/// <summary>Sorts what is nearly always sorted already.</summary>
internal static class Sorting
{
    public static T[] ByKey<T>(Seq<T> items, Func<T, ObjectKey> key)
    {
        var result = items.AsSpan().ToArray();
        for (var i = 1; i < result.Length; i++)
        {
            if (key(result[i - 1]).CompareTo(key(result[i])) <= 0)
                continue;
            var keys = Array.ConvertAll(result, item => key(item));
            var order = new int[result.Length];
            for (var n = 0; n < order.Length; n++)
                order[n] = n;

            // By index where keys are equal: the sort of the framework is not stable.
            Array.Sort(order, (a, b) => keys[a].CompareTo(keys[b]) is var c && c != 0 ? c : a - b);
            return Array.ConvertAll(order, n => items[n]);
        }

        return result;
    }
}
