using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// A request's body: which object it is, before anybody looks at its fields (apimachinery <c>serializer/json</c>, apiserver <c>handlers/rest.go</c>).
/// </summary>
/// <param name="Tree">The object; null together with a failure.</param>
/// <param name="Duplicates">Keys repeated in the text.</param>
/// <param name="Failure">The answer, if it goes no further.</param>
internal sealed record ApiBody(Node? Tree, IReadOnlyList<DuplicateKey> Duplicates, ApiOutcome? Failure)
{
    private const string Scheme = "scheme \"pkg/api/legacyscheme/scheme.go:30\"";
    private const int SummaryBytes = 30;

    // The other kinds of v1, which the server knows and cannot take for one of ours.
    private static readonly HashSet<string> CoreKinds =
    [
        "Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim",
        "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
    ];

    /// <summary>Reads a YAML body sent to a path of a kind.</summary>
    public static ApiBody Read(string text, ApiKind expected)
    {
        var document = YamlReader.ReadFirst(text);
        if (document is null)
            return new(Node.Map(), [], null);
        if (document.Fault == TextFault.TooLong)
            return new(null, [], new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {ReadLimits.DocumentBytes}", [], [], null, null, expected.Schema, Decoding: true));
        if (document.Root is not { } root)
        {
            var where = document.ShownLine > 0 ? $"line {document.ShownLine}: " : "";
            var message = document.Message.StartsWith("json", StringComparison.Ordinal) ? document.Message : $"yaml: {where}{document.Message}";
            return Unrecognized(text, expected, message);
        }

        if (root.Kind == NodeKind.Null)
            return new(Node.Map(), [], null);
        return Identify(root, expected) switch
        {
            null => new(root, document.Duplicates, null),
            { Length: > 0 } why when why.StartsWith('!') => Bad(why[1..], expected),
            var why => Unrecognized(text, expected, why),
        };
    }

    /// <summary>Reads a JSON body sent to a path of a kind.</summary>
    public static ApiBody ReadJson(byte[] body, ApiKind expected)
    {
        var read = JsonText.Read(body);
        if (read.Root is not { } root)
            return Unrecognized(Encoding.UTF8.GetString(body), expected, $"couldn't get version/kind; json parse error: {read.Error}");
        if (root.Kind == NodeKind.Null)
            return new(Node.Map(), [], null);
        return Identify(root, expected) switch
        {
            null => new(root, [.. read.Duplicates.Select(static path => new DuplicateKey(0, $"duplicate field {GoText.Quote(path)}"))], null),
            { Length: > 0 } why when why.StartsWith('!') => Bad(why[1..], expected),
            var why => Unrecognized(Encoding.UTF8.GetString(body), expected, why),
        };
    }

    // What speaks against the object being of the expected kind; with a mark in front if the kind is known.
    private static string? Identify(Node root, ApiKind expected)
    {
        const string prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal ";
        if (root.Kind != NodeKind.Map)
            return $"{prefix}{KindOf(root)} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}";
        foreach (var key in (ReadOnlySpan<string>)["apiVersion", "kind"])
        {
            if (root[key] is { Kind: not (NodeKind.String or NodeKind.Null) } wrong)
                return $"{prefix}{KindOf(wrong)} into Go struct field .{key} of type string";
        }

        var written = root.Str("apiVersion");
        if (written.AsSpan().Count('/') > 1)
            return $"unexpected GroupVersion string: {written}";
        var slash = written.IndexOf('/', StringComparison.Ordinal);
        var version = written[(slash + 1)..];
        var group = slash < 0 ? "" : written[..slash];
        var kind = root.Str("kind").Length > 0 ? root.Str("kind") : expected.Kind;
        if (version.Length == 0)
            (group, version) = (expected.Group, expected.Version);
        var apiVersion = group.Length == 0 ? version : $"{group}/{version}";
        if (kind == expected.Kind && apiVersion == expected.ApiVersion)
            return null;
        var start = $"!{kind} in version {GoText.Quote(version)} cannot be handled as a {expected.Kind}: ";
        if (kind == "EndpointSlice" && apiVersion == "discovery.k8s.io/v1beta1" && expected.Kind == kind)
            return $"!the API version in the data ({apiVersion}) does not match the expected API version ({expected.ApiVersion})";
        var single = kind.EndsWith("List", StringComparison.Ordinal) ? kind[..^4] : kind;
        if (apiVersion == "v1" && (single.Length == 0 || CoreKinds.Contains(single)))
            return $"{start}converting (v1.{kind}) to ({(expected.Group.Length == 0 ? "core" : "discovery")}.{expected.Kind}): unknown conversion";
        if (ApiKind.Find(apiVersion, single) is not null)
            return $"{start}converting (v1.{kind}) to ({(expected.Group.Length == 0 ? "core" : "discovery")}.{expected.Kind}): unknown conversion";
        return $"{start}no kind {GoText.Quote(kind)} is registered for version {GoText.Quote(apiVersion)} in {Scheme}";
    }

    private static string KindOf(Node node) => node.Kind switch
    {
        NodeKind.Bool => "bool",
        NodeKind.Number => "number",
        NodeKind.List => "array",
        NodeKind.Map => "object",
        _ => "string",
    };

    private static ApiBody Unrecognized(string text, ApiKind expected, string why)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var summary = bytes.Length == 0 ? "<empty>"
            : bytes[0] == '{' ? Encoding.UTF8.GetString(bytes, 0, Math.Min(bytes.Length, SummaryBytes))
            : Convert.ToHexStringLower(bytes, 0, Math.Min(bytes.Length, SummaryBytes));
        return Bad($"the object provided is unrecognized (must be of type {expected.Kind}): {why} ({summary}{(bytes.Length > SummaryBytes ? " ..." : "")})", expected);
    }

    private static ApiBody Bad(string message, ApiKind expected) =>
        new(null, [], new(400, "BadRequest", message, [], [], null, null, expected.Schema, Decoding: true));
}
