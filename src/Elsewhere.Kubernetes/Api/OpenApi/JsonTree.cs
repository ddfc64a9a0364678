using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>Short ways to write a tree down.</summary>
internal static class JsonTree
{
    /// <summary>A map of these entries; those whose value is null are left out.</summary>
    public static Node Map(params ReadOnlySpan<(string Key, Node? Value)> entries)
    {
        var map = Node.Map(0, entries.Length);
        foreach (var (key, value) in entries)
        {
            if (value is not null)
                map.Entries.Add(new(key, value));
        }

        return map;
    }

    /// <summary>A list.</summary>
    public static Node List(params IEnumerable<Node> items)
    {
        var list = Node.List();
        list.Items.AddRange(items);
        return list;
    }

    /// <summary>A text, or nothing for none.</summary>
    public static Node? Text(string? text) => string.IsNullOrEmpty(text) ? null : Node.String(text);
}
