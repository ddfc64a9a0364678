using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>What a patch gave.</summary>
/// <param name="Tree">The patched object, not decoded yet; null together with a failure.</param>
/// <param name="Failure">The answer, if there is none.</param>
/// <param name="Complaints">What strict decoding has against the patch itself: repeated fields, and unknown ones of an operation.</param>
internal sealed record PatchResult(Node? Tree, ApiFailure? Failure, IReadOnlyList<string> Complaints);

/// <summary>
/// The patches that change an object as it is (apiserver <c>endpoints/handlers/patch.go</c>). Server-side apply is another matter: see <c>FieldManager</c>.
/// </summary>
internal static class ApiPatch
{
    /// <summary>RFC 6902.</summary>
    public const string Json = "application/json-patch+json";

    /// <summary>RFC 7396.</summary>
    public const string Merge = "application/merge-patch+json";

    /// <summary>Kubernetes' own; only for kinds that are built in.</summary>
    public const string Strategic = "application/strategic-merge-patch+json";

    /// <summary>Server-side apply.</summary>
    public const string Apply = "application/apply-patch+yaml";

    /// <summary>The patch that a Content-Type names, or the answer to one that this kind does not take.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="contentType">The request's header; null if it had none.</param>
    public static (string? Type, ApiFailure? Failure) TypeOf(ApiKind kind, string? contentType)
    {
        var type = (contentType ?? "").Split(';')[0].Trim();
        if (type is Json or Merge or Apply || (type == Strategic && IsBuiltIn(kind)))
            return (type, null);
        return (null, IsBuiltIn(kind)
            ? new(415, "UnsupportedMediaType", "415: Unsupported Media Type", Node.Map())
            : new(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: {Json}, {Merge}, {Apply}"));
    }

    /// <summary>Whether the API server knows the kind by itself and not from a CustomResourceDefinition.</summary>
    public static bool IsBuiltIn(ApiKind kind) => kind.Group != ApiKind.Alias.Group;

    /// <summary>Applies a patch of one of the first three types.</summary>
    /// <param name="kind">The object's kind.</param>
    /// <param name="live">The object as stored; it is not changed.</param>
    /// <param name="type">The patch's type, from <see cref="TypeOf"/>.</param>
    /// <param name="body">The request's body, UTF-8.</param>
    public static PatchResult Patch(ApiKind kind, Node live, string type, ReadOnlySpan<byte> body)
    {
        var read = JsonText.Read(body);
        var strategic = type == Strategic;
        if (read.Root is not { } patch)
            return Failed(ApiFailure.BadRequest(strategic ? read.Error! : "error decoding patch: " + read.Error));
        var wanted = type == Json ? NodeKind.List : NodeKind.Map;
        if (patch.Kind == NodeKind.Null)
            patch = type == Json ? Node.List() : Node.Map();
        if (patch.Kind != wanted)
            return Failed(ApiFailure.BadRequest($"{(strategic ? "" : "error decoding patch: ")}json: cannot unmarshal {Name(patch)} into Go value of type {(type == Json ? "[]handlers.jsonPatchOp" : "map[string]interface {}")}"));
        var complaints = read.Duplicates.Select(d => $"{(type == Json ? "json patch " : "")}duplicate field {GoText.Quote(d)}").ToList();
        switch (type)
        {
            case Json:
                return Operations(live, patch, complaints);
            case Merge:
                return new(JsonMergePatch.Apply(live, patch), null, complaints);
            default:
                var (patched, failure) = StrategicMergePatch.Apply(live, patch, kind.Schema);
                return new(patched, failure, complaints);
        }
    }

    /// <summary>The answer to an object that a patch has spoiled, so that it cannot be decoded any more.</summary>
    /// <param name="type">The patch's type.</param>
    /// <param name="shown">The patched object, or for a strategic merge patch the patch itself.</param>
    /// <param name="error">What the decoder said.</param>
    public static ApiFailure Undecodable(string type, Node shown, string error)
    {
        var value = type == Strategic ? GoValue.Text(shown) : shown.ToString();
        return ApiFailure.Invalid(new("FieldValueInvalid", "patch", $"Invalid value: {GoText.Quote(value)}: {error}"));
    }

    private static PatchResult Operations(Node live, Node patch, List<string> complaints)
    {
        for (var i = 0; i < patch.Items.Count; i++)
        {
            var operation = patch.Items[i];
            if (operation.Kind != NodeKind.Map)
                return Failed(ApiFailure.BadRequest($"error decoding patch: json: cannot unmarshal {Name(operation)} into Go value of type handlers.jsonPatchOp"));
            foreach (var field in (ReadOnlySpan<string>)["op", "from", "path"])
            {
                if (operation[field] is { Kind: not (NodeKind.String or NodeKind.Null) } wrong)
                    return Failed(ApiFailure.BadRequest($"error decoding patch: json: cannot unmarshal {Name(wrong)} into Go struct field jsonPatchOp.{field} of type string"));
            }

            foreach (var (key, _) in operation.Entries)
            {
                if (key is not ("op" or "from" or "path" or "value"))
                    complaints.Add($"json patch unknown field {GoText.Quote($"[{i}].{key}")}");
            }
        }

        if (patch.Items.Count > JsonPatch.Operations)
            return Failed(new(413, "RequestEntityTooLarge", $"Request entity too large: The allowed maximum operations in a JSON patch is {JsonPatch.Operations}, got {patch.Items.Count}"));
        return JsonPatch.Apply(live, patch) is { } patched ? new(patched, null, complaints) : Failed(ApiFailure.Unprocessable());
    }

    private static PatchResult Failed(ApiFailure failure) => new(null, failure, []);

    private static string Name(Node node) => node.Kind switch
    {
        NodeKind.Null => "null",
        NodeKind.Bool => "bool",
        NodeKind.Number => "number",
        NodeKind.String => "string",
        NodeKind.List => "array",
        NodeKind.Map => "object",
    };
}
