using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>
/// The place that a JSON pointer (RFC 6901) names, as the API server's library takes it: an index may be negative and then counts from the end, and may
/// be written with a sign or leading zeros.
/// </summary>
internal readonly struct JsonPointer
{
    private readonly Node parent;
    private readonly string key;

    private JsonPointer(Node parent, string key)
    {
        this.parent = parent;
        this.key = key;
    }

    /// <summary>Finds the map or list that holds the place; false if there is none.</summary>
    public static bool TryFind(Node root, string pointer, out JsonPointer place)
    {
        place = default;
        var parts = pointer.Split('/');
        if (parts.Length < 2)
            return false;
        var at = root;
        foreach (var part in parts.AsSpan(1, parts.Length - 2))
        {
            if (new JsonPointer(at, Unescape(part)).Get() is not { } next)
                return false;
            at = next;
        }

        place = new(at, Unescape(parts[^1]));
        return at.Kind is NodeKind.Map or NodeKind.List;
    }

    /// <summary>The value there, or null.</summary>
    public Node? Get() => parent.Kind switch
    {
        NodeKind.Map => parent[key],
        NodeKind.List => Index(parent.Items.Count) is >= 0 and var at && at < parent.Items.Count ? parent.Items[at] : null,
        _ => null,
    };

    /// <summary>Adds a value: sets a key, or moves the rest of the list back.</summary>
    public bool TryAdd(Node value)
    {
        if (parent.Kind == NodeKind.Map)
        {
            parent.Set(key, value);
            return true;
        }

        var at = key == "-" ? parent.Items.Count : Index(parent.Items.Count + 1);
        if (at < 0 || at > parent.Items.Count)
            return false;
        parent.Items.Insert(at, value);
        return true;
    }

    /// <summary>Replaces what is there.</summary>
    public bool TryReplace(Node value)
    {
        if (Get() is null)
            return false;
        if (parent.Kind == NodeKind.Map)
            parent.Set(key, value);
        else
            parent.Items[Index(parent.Items.Count)] = value;
        return true;
    }

    /// <summary>Takes away what is there.</summary>
    public bool TryRemove()
    {
        if (Get() is null)
            return false;
        if (parent.Kind == NodeKind.Map)
            parent.Remove(key);
        else
            parent.Items.RemoveAt(Index(parent.Items.Count));
        return true;
    }

    private int Index(int count)
    {
        if (!int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            return -1;
        return index < 0 ? index + count : index;
    }

    private static string Unescape(string part) =>
        part.Contains('~', StringComparison.Ordinal) ? part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal) : part;
}
