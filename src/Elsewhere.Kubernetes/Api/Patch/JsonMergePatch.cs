using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>JSON merge patch, RFC 7396.</summary>
internal static class JsonMergePatch
{
    /// <summary>The document with the patch applied; neither is changed.</summary>
    public static Node Apply(Node? document, Node patch)
    {
        if (patch.Kind != NodeKind.Map)
            return patch.Copy();
        var merged = document is { Kind: NodeKind.Map } ? document.Copy() : Node.Map();
        foreach (var (key, value) in patch.Entries)
        {
            if (value.Kind == NodeKind.Null)
                merged.Remove(key);
            else
                merged.Set(key, Apply(merged[key], value));
        }

        return merged;
    }

    /// <summary>
    /// The patch that makes one document of the other. Null values in <paramref name="after"/> cannot be expressed (RFC 7396 section 1) and are taken
    /// for absence.
    /// </summary>
    public static Node Diff(Node before, Node after)
    {
        if (before.Kind != NodeKind.Map || after.Kind != NodeKind.Map)
            return after.Copy();
        var patch = Node.Map();
        foreach (var (key, _) in before.Entries)
        {
            if (after[key] is null or { Kind: NodeKind.Null })
                patch.Set(key, Node.Null());
        }

        foreach (var (key, value) in after.Entries)
        {
            if (value.Kind == NodeKind.Null || Node.Same(before[key], value))
                continue;
            patch.Set(key, before[key] is { Kind: NodeKind.Map } old && value.Kind == NodeKind.Map ? Diff(old, value) : value.Copy());
        }

        return patch;
    }
}
