using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;
using Codes = Elsewhere.Kubernetes.KubernetesFindingCodes;

namespace Elsewhere.Kubernetes;

/// <summary>Makes the findings of <see cref="KubernetesFindingCodes"/>.</summary>
internal static class KubernetesFindings
{
    private static readonly string[] KindKeys = ["apiVersion", "kind"];

    public static Finding Duplicate(ManifestObject found, SourcePlace first) => Codes.ObjectRepeated.On(
        found.Object, "", $"{found.Object} is declared already in {first}; this one is left out", "Keep one of them.", found.Place);

    public static Finding FileTooLong(string path) => About(
        Codes.FileTooLong, path, $"the file has more than {ReadLimits.FileBytes} bytes and is not read", "Split it into several files.");

    public static Finding NotUtf8(string path, ReadOnlySpan<byte> bytes) => About(
        Codes.FileNotUtf8, path, bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] ? "the file is in UTF-16" : "the file has bytes that are not UTF-8", "Save it as UTF-8.");

    public static Finding Unreadable(string path, string why) => About(Codes.FileUnreadable, path, $"cannot be read: {why}", "Check the path and its permissions.");

    public static Finding ApiStateDamaged(string path, IReadOnlyList<int> lines, int unknown) => About(
        Codes.ApiStateDamaged, path,
        lines.Count > 0
            ? $"line {string.Join(", ", lines)} of the API's objects cannot be read; the others are in force"
            : $"{unknown} lines of the API's objects are of another version of elsewhere; the others are in force",
        $"Look for what is missing in {path}.broken and write it again.");

    public static Finding ApiOverridesFile(ManifestObject found, bool deleted) => Codes.ApiOverridesFile.On(
        found.Object, "",
        deleted ? $"{found.Object} was deleted through the API; the one in {found.Place} is left out" : $"{found.Object} was changed through the API; the one in {found.Place} is left out",
        deleted ? "To have it back, change it in the file; to be rid of it, delete it there too." : "To go back to the file's, change it there; to keep this one, write it there too.",
        found.Place);

    public static Finding FileReplacesApi(ManifestObject found) => Codes.FileReplacesApi.On(
        found.Object, "", $"{found.Object} changed in {found.Place} after it had been changed through the API; the file's is in force", "Nothing: the last writer wins.", found.Place);

    public static Finding ApiStateFull(ObjectRef about, SourcePlace? place, string why) => Codes.ApiStateFull.On(
        about, "", $"{about} changed in a file after it had been changed through the API, and that cannot be kept: {why}; the API's stays in force",
        "Make room in the state directory, or let this user write there; it is tried again every second.", place);

    public static Finding EmptyDirectory(string path) => About(
        Codes.DirectoryEmpty, path, "the directory holds no *.yaml, *.yml or *.json", "Put manifests there; they are picked up at once.");

    public static Finding KeepsLastGood(string path) => About(
        Codes.FileKeepsLastGood, path, "the file is broken; what it held before stays in force", "Mend what the findings of this file say.");

    public static Finding Unreadable(YamlDocument document, SourcePlace place)
    {
        var code = document.Fault switch
        {
            TextFault.TooDeep => Codes.YamlTooDeep,
            TextFault.TooManyAliases => Codes.YamlTooManyAliases,
            TextFault.TooLong => Codes.YamlTooLong,
            TextFault.None or TextFault.Malformed => Codes.YamlMalformed,
        };
        var line = document.FaultLine > 0 ? document.FaultLine : place.Line;
        var remedy = document.Fault switch
        {
            TextFault.TooDeep => "Nest it less deeply.",
            TextFault.TooManyAliases => "Write out what the anchors stand for.",
            TextFault.TooLong => "Split it into several documents.",
            TextFault.None or TextFault.Malformed => "Correct what stands at that line or right above it.",
        };
        return code.On(ObjectRef.None, "", Yaml(document), remedy, place with { Line = line });
    }

    public static Finding DuplicateInList(DuplicateKey duplicate, SourcePlace place) =>
        Codes.DuplicateKey.On(ObjectRef.None, "", duplicate.Message, "Keep one of the two.", place with { Line = duplicate.Line });

    public static Finding NoKind(Node root, SourcePlace place)
    {
        var missing = root.Kind != NodeKind.Map
            ? "the document is no map"
            : string.Join(", ", KindKeys.Where(k => root[k] is not { Kind: NodeKind.String, Text.Length: > 0 })
                .Select(k => root[k] is null or { Kind: NodeKind.Null } or { Text: "" } ? $"{k} is not set" : $"{k} is no text"));
        return Codes.NoKind.On(Reference(root), "", missing, "Begin the object with apiVersion and kind.", place);
    }

    public static Finding NoName(ObjectRef reference, SourcePlace place) =>
        Codes.NoName.On(reference, "metadata.generateName", "an object in a file needs a name of its own", "Write metadata.name.", place);

    public static Finding OtherKind(Node root, SourcePlace place)
    {
        var apiVersion = root.Str("apiVersion");
        var kind = root.Str("kind");
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        foreach (var known in ApiKind.All)
        {
            if (known.Kind == kind && (known.Group == group || (known.Group.Length > 0 && group.Length == 0)))
            {
                return Codes.UnknownVersion.On(
                    Reference(root), "apiVersion", $"no matches for kind {GoText.Quote(kind)} in version {GoText.Quote(apiVersion)}",
                    $"Write apiVersion: {known.ApiVersion}.", place);
            }
        }

        return Codes.KindIgnored.On(Reference(root), "", $"{apiVersion} {kind} is not used here and is left out", "", place);
    }

    public static void AddOutcome(List<Finding> findings, ApiOutcome outcome, ApiKind kind, ObjectRef reference, Node root, SourcePlace place)
    {
        var ours = kind.Group == "elsewhere.dev";
        foreach (var warning in outcome.Warnings)
            findings.Add(Codes.Warning.On(reference, FieldOf(warning), warning, "", place));
        var advised = false;
        foreach (var cause in outcome.Causes)
        {
            var line = FieldLines.Find(root, cause.Field);
            var at = line > 0 ? place with { Line = line } : place;
            findings.Add(CodeOf(outcome, cause, ours).On(reference, cause.Field, cause.Message, Remedies.Of(kind, cause), at));
            if (cause.Field == "spec.externalName" && !advised)
            {
                advised = true;
                foreach (var advice in ExternalNameAdvice.For(root["spec"]?.Str("externalName"), reference, at))
                    findings.Add(advice);
            }
        }

        if (!outcome.Accepted && outcome.Causes.Count == 0)
            findings.Add((ours ? Codes.AliasInvalid : Codes.Invalid).On(reference, "", outcome.Message, "", place));
    }

    private static Finding About(FindingCode code, string path, string message, string remedy) =>
        code.On(ObjectRef.None, "", message, remedy, new SourcePlace(path, 0, 0));

    private static FindingCode CodeOf(ApiOutcome outcome, ApiCause cause, bool ours)
    {
        if (!outcome.Decoding)
            return ours ? Codes.AliasInvalid : Codes.Invalid;
        if (cause.Field.Length == 0)
            return Codes.DuplicateKey;
        if (cause.Message.StartsWith("unknown field", StringComparison.Ordinal))
            return ours ? Codes.AliasUnknownField : Codes.UnknownField;
        return ours ? Codes.AliasInvalid : Codes.Malformed;
    }

    private static string Yaml(YamlDocument document) =>
        document.Message.StartsWith("json", StringComparison.Ordinal) ? document.Message
        : document.ShownLine > 0 ? $"yaml: line {document.ShownLine}: {document.Message}" : $"yaml: {document.Message}";

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
