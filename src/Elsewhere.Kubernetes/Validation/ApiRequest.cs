using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>One object on its way through the server.</summary>
internal sealed class ApiRequest(ApiKind kind, ApiContext context)
{
    private readonly List<string> warnings = kind == ApiKind.Endpoints
        ? ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]
        : [];

    public ApiKind Kind { get; } = kind;

    public ApiContext Context { get; } = context;

    /// <summary>The decoded object; set by <see cref="Decode"/>.</summary>
    public Node Root { get; private set; } = Node.Null();

    public Node Metadata => Root["metadata"]!;

    public List<string> Warnings => warnings;

    /// <summary>Decodes; an answer if that fails.</summary>
    public ApiOutcome? Decode(Node tree, IReadOnlyList<DuplicateKey> duplicates)
    {
        if (Kind == ApiKind.Alias)
            AliasWords.Restore(tree);
        if (Kind.Group == ApiKind.Alias.Group && tree["metadata"] is { Kind: NodeKind.Map } && CustomTypes.Check(tree, Kind.Schema) is { Any: true } wrong)
        {
            Root = tree;
            return Refuse(wrong);
        }

        var decoded = Decoder.Decode(tree, Kind.Schema);
        var prefix = $"{Kind.Kind} in version {GoText.Quote(Kind.Version)} cannot be handled as a {Kind.Kind}: ";
        if (decoded.Object is not { } root)
            return Bad(prefix + decoded.Error, [new("", decoded.ErrorPath, decoded.Error!)]);
        Root = root;
        Root.Set("kind", Node.String(Kind.Kind));
        Root.Set("apiVersion", Node.String(Kind.ApiVersion));
        if (Kind == ApiKind.Secret)
            DataRules.Merge(Root);
        if (duplicates.Count == 0 && decoded.Unknown.Count == 0)
            return null;
        var complaints = new List<ApiCause>();
        foreach (var duplicate in duplicates)
            complaints.Add(new("", "", duplicate.Message));
        foreach (var unknown in decoded.Unknown)
            complaints.Add(new("", unknown, $"unknown field {GoText.Quote(unknown)}"));
        if (!Context.Strict)
        {
            warnings.AddRange(complaints.Select(c => c.Message));
            return null;
        }

        // Keys repeated in JSON have no line; YAML's reader words them together.
        var inYaml = duplicates.Count > 0 && duplicates[0].Line > 0;
        var texts = complaints.Skip(inYaml ? duplicates.Count : 0).Select(c => c.Message).ToList();
        if (inYaml)
            texts.Insert(0, "yaml: unmarshal errors:\n" + string.Join("\n", duplicates.Select(d => "  " + d.Message)));
        return Bad(prefix + "strict decoding error: " + string.Join(", ", texts), complaints);
    }

    /// <summary>Gives the object the request's namespace; an answer if it names another.</summary>
    public ApiOutcome? Scope(string? requested)
    {
        if (!Kind.Namespaced)
        {
            Metadata.Remove("namespace");
            return null;
        }

        var own = Metadata.Str("namespace");
        if (own.Length == 0)
            Metadata.Set("namespace", Node.String(requested ?? "default"));
        return own.Length == 0 || requested is null || own == requested
            ? null
            : Bad("the namespace of the provided object does not match the namespace sent on the request");
    }

    /// <summary>Takes away owners that are named twice in the same words, and warns of it.</summary>
    public void TakeOwnersOnce()
    {
        var owners = Metadata.ListOf("ownerReferences");
        var kept = new List<Node>();
        var repeated = new List<string>();
        foreach (var owner in owners)
        {
            if (kept.Exists(other => Node.Same(other, owner)))
                repeated.Add(owner.Str("uid"));
            else
                kept.Add(owner);
        }

        if (repeated.Count == 0)
            return;
        var list = Node.List();
        list.Items.AddRange(kept);
        Metadata.Set("ownerReferences", list);
        warnings.Add($".metadata.ownerReferences contains duplicate entries{(Context.IsPatch ? " after mutating admission happens" : "")}; API server dedups owner references in 1.20+, "
            + $"and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {string.Join(", ", repeated)}");
    }

    /// <summary>Compares the resource version and the uid with the stored ones, where the update names them.</summary>
    public ApiOutcome? CheckVersion(Node before)
    {
        var version = Metadata.Str("resourceVersion");
        if (version.Length > 0 && (!ulong.TryParse(version, out var number) || version[0] is '+' or '-'))
            return Failed(500, "", $"strconv.ParseUint: parsing {GoText.Quote(version)}: {(version.AsSpan().ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range")}");
        var resource = $"{Kind.Kind.ToLowerInvariant()}{(Kind.Kind.EndsWith('s') ? "" : "s")}{(Kind.Group.Length > 0 ? "." + Kind.Group : "")}";
        var name = Metadata.Str("name");
        if (Metadata.Str("uid") is { Length: > 0 } uid && uid != before.Str("uid"))
            return Failed(409, "Conflict", $"Operation cannot be fulfilled on {resource} {GoText.Quote(name)}: Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Str("uid")}");
        return version.TrimStart('0').Length == 0 || version == before.Str("resourceVersion")
            ? null
            : Failed(409, "Conflict", $"Operation cannot be fulfilled on {resource} {GoText.Quote(name)}: the object has been modified; please apply your changes to the latest version and try again");
    }

    /// <summary>The answer to a success: the object in the server's field order.</summary>
    public ApiOutcome Accept(int code, Node written)
    {
        // The server takes this field away whenever it hands out a Service that is a mere name.
        if (Kind == ApiKind.Service && Root["spec"]!.Str("type") == "ExternalName")
            Root["spec"]!.Remove("internalTrafficPolicy");
        return new(code, "", "", [], warnings, Root, written, Kind.Schema);
    }

    /// <summary>The answer to an object that breaks rules; null if it breaks none.</summary>
    public ApiOutcome? Refuse(FieldErrors errors)
    {
        if (!errors.Any)
            return null;
        var texts = errors.Causes.Select(c => $"{c.Field}: {c.Message}").Distinct().ToList();
        var joined = string.Join(", ", texts);
        var message = $"{Kind.Qualified} {GoText.Quote(Metadata.Str("name"))} is invalid: {(texts.Count == 1 ? joined : $"[{joined}]")}";
        return new(422, "Invalid", message, errors.Causes, warnings, null, null, Kind.Schema);
    }

    /// <summary>The answer to a request that is no good.</summary>
    public ApiOutcome Bad(string message, IReadOnlyList<ApiCause>? causes = null) =>
        new(400, "BadRequest", message, causes ?? [], warnings, null, null, Kind.Schema, Decoding: true);

    /// <summary>The answer to a request that fails otherwise.</summary>
    public ApiOutcome Failed(int code, string reason, string message, IReadOnlyList<ApiCause>? causes = null) =>
        new(code, reason, message, causes ?? [], warnings, null, null, Kind.Schema);
}
