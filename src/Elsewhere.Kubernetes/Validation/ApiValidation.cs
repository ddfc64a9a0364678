using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// The API server's own verdict: decodes strictly, applies defaults, fills in what a cluster fills in, validates, in that order and with the same
/// fields, reasons and messages (Kubernetes 1.36). Pure; the caller stores what was accepted.
/// </summary>
internal static class ApiValidation
{
    /// <summary>What a POST of the object would answer.</summary>
    /// <param name="kind">The kind that the request's path names.</param>
    /// <param name="tree">The object as parsed.</param>
    /// <param name="duplicates">Keys that were repeated in its text.</param>
    /// <param name="context">What the cluster is like.</param>
    /// <param name="requestNamespace">The namespace of the request; null: the object's own, or <c>default</c>.</param>
    public static ApiOutcome Create(ApiKind kind, Node tree, IReadOnlyList<DuplicateKey> duplicates, ApiContext context, string? requestNamespace)
    {
        var request = new ApiRequest(kind, context);
        if (request.Decode(tree, duplicates) is { } malformed)
            return malformed;
        if (request.Scope(requestNamespace) is { } elsewhere)
            return elsewhere;
        request.TakeOwnersOnce();
        Defaults.Apply(kind, request.Root);
        var written = Shallow(request.Root);
        var metadata = request.Metadata;
        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "managedFields"])
            metadata.Remove(field);
        if (metadata.Str("name").Length == 0 && metadata.Str("generateName") is { Length: > 0 } prefix)
            metadata.Set("name", Node.String(prefix[..Math.Min(prefix.Length, 58)] + context.NameSuffix()));
        return ObjectRules.PrepareCreate(request) ?? request.Accept(201, written);
    }

    /// <summary>What a PUT of the object over another would answer.</summary>
    /// <param name="kind">The kind that the request's path names.</param>
    /// <param name="tree">The object as parsed.</param>
    /// <param name="duplicates">Keys that were repeated in its text.</param>
    /// <param name="old">The object as stored.</param>
    /// <param name="context">What the cluster is like.</param>
    public static ApiOutcome Update(ApiKind kind, Node tree, IReadOnlyList<DuplicateKey> duplicates, Node old, ApiContext context)
    {
        var request = new ApiRequest(kind, context);
        if (request.Decode(tree, duplicates) is { } malformed)
            return malformed;
        var before = old["metadata"]!;
        if (request.Scope(kind.Namespaced ? before.Str("namespace") : "") is { } elsewhere)
            return elsewhere;
        var metadata = request.Metadata;
        var name = before.Str("name");
        if (metadata.Str("name").Length == 0)
            return request.Bad($"the name of the object ({name} based on URL) was undeterminable: name must be provided");
        if (metadata.Str("name") != name)
            return request.Bad($"the name of the object ({metadata.Str("name")}) does not match the name on the URL ({name})");
        request.TakeOwnersOnce();
        Defaults.Apply(kind, request.Root);
        if (request.CheckVersion(before) is { } conflict)
            return conflict;
        var written = Shallow(request.Root);
        metadata.Remove("resourceVersion");
        metadata.Remove("selfLink");
        metadata.Remove("managedFields");
        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp", "generation"])
        {
            if (before[field] is { } value)
                metadata.Set(field, value);
            else
                metadata.Remove(field);
        }

        // These may be left out; who says otherwise than what is so is told.
        if (before["deletionTimestamp"] is { } deleted)
            metadata.Set("deletionTimestamp", deleted);
        if (before["deletionGracePeriodSeconds"] is { } grace && !metadata.Has("deletionGracePeriodSeconds"))
            metadata.Set("deletionGracePeriodSeconds", grace);

        return ObjectRules.PrepareUpdate(request, old) ?? request.Accept(200, written);
    }

    // Later steps replace values of the spec and never change one in place, so that this much of a copy keeps what was written.
    private static Node Shallow(Node root)
    {
        var copy = Node.Map(root.Line, root.Entries.Count);
        foreach (var (key, value) in root.Entries)
            copy.Entries.Add(new(key, key is "spec" or "metadata" && value.Kind == NodeKind.Map ? ShallowMap(value) : value));
        return copy;
    }

    private static Node ShallowMap(Node map)
    {
        var copy = Node.Map(map.Line, map.Entries.Count);
        copy.Entries.AddRange(map.Entries);
        return copy;
    }
}
