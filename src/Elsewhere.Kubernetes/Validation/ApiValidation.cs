using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// The API server's own verdict: decodes strictly, applies defaults, validates, with the same fields, reasons and messages (Kubernetes 1.36).
/// Pure; the caller stores what was accepted.
/// </summary>
internal static class ApiValidation
{
    /// <summary>What a POST of the object would answer.</summary>
    /// <param name="kind">The kind that the request's path names.</param>
    /// <param name="tree">The object as parsed.</param>
    /// <param name="duplicates">Keys that were repeated in its text.</param>
    /// <param name="context">What the cluster is like.</param>
    /// <param name="requestNamespace">The namespace of the request; taken where the object names none.</param>
    public static ApiOutcome Create(ApiKind kind, Node tree, IReadOnlyList<DuplicateKey> duplicates, ApiContext context, string requestNamespace)
    {
        var warnings = new List<string>();
        if (kind == ApiKind.Endpoints)
            warnings.Add("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
        if (Decode(kind, tree, duplicates, context, warnings, out var root) is { } failed)
            return failed;
        ScopeNamespace(kind, root!, requestNamespace);
        Defaults.Apply(kind, root!);
        var written = Shallow(root!);
        return new(201, "", "", [], warnings, root, written);
    }

    private static ApiOutcome? Decode(
        ApiKind kind, Node tree, IReadOnlyList<DuplicateKey> duplicates, ApiContext context, List<string> warnings, out Node? root)
    {
        var decoded = Decoder.Decode(tree, kind.Schema);
        root = decoded.Object;
        var prefix = $"{kind.Kind} in version {GoText.Quote(kind.Version)} cannot be handled as a {kind.Kind}: ";
        if (decoded.Error is not null)
            return Bad(prefix + decoded.Error, [new("", decoded.ErrorPath, decoded.Error)], warnings);
        var complaints = new List<ApiCause>();
        foreach (var duplicate in duplicates)
            complaints.Add(new("", "", duplicate.Message));
        foreach (var unknown in decoded.Unknown)
            complaints.Add(new("", unknown, $"unknown field {GoText.Quote(unknown)}"));
        if (complaints.Count == 0)
            return null;
        if (!context.Strict)
        {
            warnings.AddRange(complaints.Select(c => c.Message));
            return null;
        }

        var texts = complaints.Where(c => c.Field.Length > 0).Select(c => c.Message).ToList();
        if (duplicates.Count > 0)
            texts.Insert(0, "yaml: unmarshal errors:\n" + string.Join("\n", duplicates.Select(d => "  " + d.Message)));
        return Bad(prefix + "strict decoding error: " + string.Join(", ", texts), complaints, warnings);
    }

    private static ApiOutcome Bad(string message, IReadOnlyList<ApiCause> causes, List<string> warnings) =>
        new(400, "BadRequest", message, causes, warnings, null, null, Decoding: true);

    private static void ScopeNamespace(ApiKind kind, Node root, string requestNamespace)
    {
        var metadata = root["metadata"]!;
        if (!kind.Namespaced)
            metadata.Remove("namespace");
        else if (metadata.Str("namespace").Length == 0)
            metadata.Set("namespace", Node.String(requestNamespace));
    }

    // Later steps replace values of the spec and never change one in place, so that this much of a copy keeps what was written.
    private static Node Shallow(Node root)
    {
        var copy = Node.Map(root.Line, root.Entries.Count);
        foreach (var (key, value) in root.Entries)
        {
            if (key is not "spec")
            {
                copy.Entries.Add(new(key, value));
                continue;
            }

            var spec = Node.Map(value.Line, value.Entries.Count);
            spec.Entries.AddRange(value.Entries);
            copy.Entries.Add(new(key, spec));
        }

        return copy;
    }
}
