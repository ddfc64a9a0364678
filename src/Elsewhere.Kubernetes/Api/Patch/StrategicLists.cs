using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>What strategic merge does with lists and directives once it is known that they are well-formed.</summary>
internal static class StrategicLists
{
    /// <summary>
    /// The merged items in their order: what the patch names in the patch's order; what only the server has before whatever came after it there.
    /// </summary>
    /// <param name="merged">The items.</param>
    /// <param name="order">What the patch names.</param>
    /// <param name="server">The list as it was.</param>
    /// <param name="key">What tells objects apart; null for plain values.</param>
    public static Node Arrange(List<Node> merged, List<Node> order, List<Node> server, string? key)
    {
        var (orderPlaces, serverPlaces) = (Places(order, key), Places(server, key));
        var named = merged.Where(i => Place(orderPlaces, i, key) >= 0).OrderBy(i => Place(orderPlaces, i, key)).ToList();
        var others = merged.Where(i => Place(orderPlaces, i, key) < 0).OrderBy(i => Place(serverPlaces, i, key)).ToList();
        var list = Node.List(0, merged.Count);
        int left = 0, right = 0;
        while (left < others.Count || right < named.Count)
        {
            var takeOther = right >= named.Count
                || (left < others.Count && Place(serverPlaces, others[left], key) is >= 0 and var other && other < Place(serverPlaces, named[right], key));
            list.Items.Add(takeOther ? others[left++] : named[right++]);
        }

        return list;
    }

    /// <summary>The first place of each item.</summary>
    public static Dictionary<string, int> Places(List<Node> items, string? key)
    {
        var places = new Dictionary<string, int>(items.Count, StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
            places.TryAdd(Identity(items[i], key), i);
        return places;
    }

    /// <summary>The items that the other list does not name.</summary>
    public static List<Node> Without(List<Node> items, List<Node> others, string? key = null)
    {
        var places = Places(others, key);
        return items.FindAll(i => Place(places, i, key) < 0);
    }

    /// <summary>Each value once, where it stands first.</summary>
    public static List<Node> Distinct(IEnumerable<Node> items) => items.DistinctBy(static i => Identity(i, null), StringComparer.Ordinal).ToList();

    /// <summary>Whether two items are the same one.</summary>
    public static bool SameItem(Node a, Node b, string? key) => key is null ? Node.Same(a, b) : Node.Same(a[key], b[key]);

    /// <summary>A value without its directives, changed in place; null if it is one itself.</summary>
    public static Node? Undirected(Node value)
    {
        if (value.Kind == NodeKind.Map)
        {
            if (value.Has("$patch"))
                return null;
            value.Entries.RemoveAll(static e => Undirected(e.Value) is null);
        }
        else if (value.Kind == NodeKind.List)
        {
            value.Items.RemoveAll(static i => Undirected(i) is null);
        }

        return value;
    }

    /// <summary>Takes keys whose value is null out of a value, in place: in a patch they mean absence.</summary>
    public static void DropNulls(Node value)
    {
        if (value.Kind == NodeKind.Map)
            value.Entries.RemoveAll(static e => e.Value.Kind == NodeKind.Null);
        foreach (var (_, inner) in value.Entries)
            DropNulls(inner);
        foreach (var item in value.Items)
            DropNulls(item);
    }

    /// <summary>A list of items.</summary>
    public static Node ListOf(IEnumerable<Node> items)
    {
        var list = Node.List();
        list.Items.AddRange(items);
        return list;
    }

    private static int Place(Dictionary<string, int> places, Node item, string? key) => places.GetValueOrDefault(Identity(item, key), -1);

    private static string Identity(Node item, string? key) => ((key is null ? item : item[key]) ?? Node.Null()).ToString();
}
