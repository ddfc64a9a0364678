using System.Collections.Immutable;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes;

/// <summary>The findings that reading and validation make, and their catalogue.</summary>
public static class KubernetesFindings
{
    /// <summary>Every code with its meaning in one line; each is a heading of <c>docs/findings.md</c>.</summary>
    public static ImmutableSortedDictionary<string, string> Codes { get; } = new Dictionary<string, string>
    {
        ["kubernetes-invalid"] = "The API server refuses the object: a field breaks a rule.",
        ["kubernetes-unknown-field"] = "The API server refuses the object: it has a field that the kind does not know.",
        ["kubernetes-duplicate-key"] = "The API server refuses the object: a key stands twice in the same map.",
        ["kubernetes-malformed"] = "The API server refuses the object: a value is of the wrong type.",
        ["kubernetes-no-kind"] = "The document is no object: apiVersion or kind is missing or is no text.",
        ["kubernetes-unknown-version"] = "The API server serves the kind, but not in this version.",
        ["kubernetes-warning"] = "The API server accepts the object with a warning.",
        ["yaml-malformed"] = "The document is neither YAML nor JSON.",
        ["yaml-too-deep"] = "The document nests lists and maps too deeply.",
        ["yaml-too-many-aliases"] = "The document refers to anchors so often that it would explode.",
        ["yaml-too-long"] = "The document is longer than the API server takes.",
        ["file-too-long"] = "The file is longer than Elsewhere reads.",
        ["file-not-utf8"] = "The file is not text in UTF-8.",
        ["file-unreadable"] = "The file or directory cannot be read.",
        ["file-keeps-last-good"] = "The file is broken; what it held before stays in force.",
        ["kind-ignored"] = "The object is of a kind that Elsewhere does not use.",
        ["object-repeated"] = "The same object is declared twice; the first one counts.",
        ["alias-invalid"] = "The Alias breaks a rule of elsewhere.dev/v1alpha1.",
        ["alias-unknown-field"] = "The Alias has a field that elsewhere.dev/v1alpha1 does not know.",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static readonly string[] KindKeys = ["apiVersion", "kind"];

    internal static Finding Duplicate(ManifestObject found, SourcePlace first) => new(
        "object-repeated", Severity.Warning, FindingSource.Elsewhere, found.Object, "",
        $"{found.Object} is declared already in {first}; this one is left out", "Keep one of them.", found.Place);

    internal static Finding FileTooLong(string path) => new(
        "file-too-long", Severity.Error, FindingSource.Elsewhere, ObjectRef.None, "",
        $"the file has more than {ReadLimits.FileBytes} bytes and is not read", "Split it into several files.", new(path, 0, 0));

    internal static Finding NotUtf8(string path, ReadOnlySpan<byte> bytes)
    {
        var utf16 = bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
        return new(
            "file-not-utf8", Severity.Error, FindingSource.Elsewhere, ObjectRef.None, "",
            utf16 ? "the file is in UTF-16" : "the file has bytes that are not UTF-8", "Save it as UTF-8.", new(path, 0, 0));
    }

    internal static Finding Unreadable(YamlDocument document, SourcePlace place)
    {
        var code = document.Fault switch
        {
            TextFault.TooDeep => "yaml-too-deep",
            TextFault.TooManyAliases => "yaml-too-many-aliases",
            TextFault.TooLong => "yaml-too-long",
            TextFault.None or TextFault.Malformed => "yaml-malformed",
        };
        var line = document.FaultLine > 0 ? document.FaultLine : place.Line;
        return new(code, Severity.Error, FindingSource.Kubernetes, ObjectRef.None, "", Yaml(document), "", place with { Line = line });
    }

    internal static Finding NoKind(Node root, SourcePlace place)
    {
        var missing = root.Kind != NodeKind.Map
            ? "the document is no map"
            : string.Join(", ", KindKeys.Where(k => root[k] is not { Kind: NodeKind.String, Text.Length: > 0 })
                .Select(k => root[k] is null or { Kind: NodeKind.Null } or { Text: "" } ? $"{k} is not set" : $"{k} is no text"));
        return new("kubernetes-no-kind", Severity.Error, FindingSource.Kubernetes, Reference(root), "", missing, "Begin the object with apiVersion and kind.", place);
    }

    internal static Finding OtherKind(Node root, SourcePlace place)
    {
        var apiVersion = root.Str("apiVersion");
        var kind = root.Str("kind");
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        foreach (var known in ApiKind.All)
        {
            if (known.Kind == kind && (known.Group == group || (known.Group.Length > 0 && group.Length == 0)))
            {
                return new(
                    "kubernetes-unknown-version", Severity.Error, FindingSource.Kubernetes, Reference(root), "apiVersion",
                    $"no matches for kind {GoText.Quote(kind)} in version {GoText.Quote(apiVersion)}", $"Write apiVersion: {known.ApiVersion}.", place);
            }
        }

        return new(
            "kind-ignored", Severity.Info, FindingSource.Elsewhere, Reference(root), "",
            $"{apiVersion} {kind} is not used here and is left out", "", place);
    }

    internal static void AddOutcome(List<Finding> findings, ApiOutcome outcome, ApiKind kind, ObjectRef reference, Node root, SourcePlace place)
    {
        var ours = kind.Group == "elsewhere.dev";
        var source = ours ? FindingSource.Elsewhere : FindingSource.Kubernetes;
        foreach (var warning in outcome.Warnings)
            findings.Add(new("kubernetes-warning", Severity.Warning, source, reference, FieldOf(warning), warning, "", place));
        foreach (var cause in outcome.Causes)
        {
            var code = outcome.Code != 400 ? ours ? "alias-invalid" : "kubernetes-invalid"
                : cause.Field.Length == 0 ? "kubernetes-duplicate-key"
                : cause.Message.StartsWith("unknown field", StringComparison.Ordinal) ? ours ? "alias-unknown-field" : "kubernetes-unknown-field"
                : ours ? "alias-invalid" : "kubernetes-malformed";
            var line = FieldLines.Find(root, cause.Field);
            findings.Add(new(code, Severity.Error, source, reference, cause.Field, cause.Message, "", line > 0 ? place with { Line = line } : place));
        }

        if (!outcome.Accepted && outcome.Causes.Count == 0)
            findings.Add(new("kubernetes-invalid", Severity.Error, source, reference, "", outcome.Message, "", place));
    }

    private static string Yaml(YamlDocument document) =>
        document.Message.StartsWith("json", StringComparison.Ordinal) ? document.Message
        : document.FaultLine > 0 ? $"yaml: line {document.FaultLine}: {document.Message}" : $"yaml: {document.Message}";

    // Kubernetes begins a warning about a field with the field's path.
    private static string FieldOf(string warning)
    {
        var end = warning.AsSpan().IndexOfAny(':', ' ');
        return end > 0 && warning.StartsWith("spec.", StringComparison.Ordinal) ? warning[..end] : "";
    }

    private static ObjectRef Reference(Node root)
    {
        var metadata = root["metadata"];
        return new(Text(root["apiVersion"]), Text(root["kind"]), Text(metadata?["namespace"]), Text(metadata?["name"]));
    }

    private static string Text(Node? node) => node is { Kind: NodeKind.String } ? node.Text : "";
}
