using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>How bytes are written.</summary>
internal enum MediaForm
{
    /// <summary><c>application/json</c></summary>
    Json,

    /// <summary><c>application/yaml</c></summary>
    Yaml,

    /// <summary><c>application/vnd.kubernetes.protobuf</c></summary>
    Protobuf,
}

/// <summary>As what objects are shown.</summary>
internal enum ShownAs
{
    /// <summary>As they are.</summary>
    Object,

    /// <summary>As rows of a table (<c>meta.k8s.io/v1 Table</c>).</summary>
    Table,

    /// <summary>Their metadata alone (<c>meta.k8s.io/v1 PartialObjectMetadata</c>).</summary>
    Metadata,
}

/// <summary>What a client wants back (apiserver <c>endpoints/handlers/negotiation</c>).</summary>
/// <param name="Media">How bytes are written.</param>
/// <param name="As">As what objects are shown.</param>
/// <param name="MetaVersion">The version of <c>meta.k8s.io</c> for tables and metadata.</param>
internal sealed record AcceptForm(MediaForm Media, ShownAs As, string MetaVersion)
{
    private const string Plain = "application/json, application/yaml";
    private const string Known = Plain + ", application/vnd.kubernetes.protobuf";

    /// <summary>What is given where nothing is asked for.</summary>
    public static AcceptForm Default { get; } = new(MediaForm.Json, ShownAs.Object, "v1");

    /// <summary>The value of Content-Type.</summary>
    public string ContentType => Media switch
    {
        MediaForm.Json => "application/json",
        MediaForm.Yaml => "application/yaml",
        MediaForm.Protobuf => "application/vnd.kubernetes.protobuf",
    };

    /// <summary>Chooses among what the header offers, in its order.</summary>
    /// <param name="header">The header; empty if there is none.</param>
    /// <param name="protobuf">Whether whole objects can be written as protobuf.</param>
    /// <param name="stream">Whether the answer is a watch.</param>
    /// <exception cref="Problem">406.</exception>
    public static AcceptForm Choose(string header, bool protobuf, bool stream = false)
    {
        if (string.IsNullOrWhiteSpace(header))
            return Default;
        var isKnown = false;
        foreach (var clause in Clauses(header))
        {
            MediaForm? media = clause.Type switch
            {
                "application/json" or "*/*" or "application/*" => MediaForm.Json,
                "application/yaml" => MediaForm.Yaml,
                "application/vnd.kubernetes.protobuf" => MediaForm.Protobuf,
                _ => null,
            };
            isKnown |= media is not null;
            if (media is not { } form || (form == MediaForm.Protobuf && !stream && clause.Parameters.ContainsKey("stream")))
                continue;
            if (clause.Parameters.GetValueOrDefault("as", "") is not { Length: > 0 } shown)
            {
                if (form == MediaForm.Protobuf && !protobuf)
                    continue;
                return new(form, ShownAs.Object, "v1");
            }

            // Metadata is of one form whatever it is of; tables are never written as protobuf.
            var version = clause.Parameters.GetValueOrDefault("v", "");
            if (clause.Parameters.GetValueOrDefault("g") != "meta.k8s.io" || version is not ("v1" or "v1beta1"))
                continue;
            if (shown == "Table" && form != MediaForm.Protobuf)
                return new(form, ShownAs.Table, version);
            if (shown is "PartialObjectMetadata" or "PartialObjectMetadataList")
                return new(form, ShownAs.Metadata, version);
        }

        throw new Problem(isKnown || !protobuf
            ? new(406, "NotAcceptable", $"only the following media types are accepted: {(protobuf ? Known : Plain)}")
            : new(406, "NotAcceptable", $"406: Not Acceptable\n\nAvailable representations: {Known}", Node.Map()));
    }

    /// <summary>The clauses of an Accept header, the most wanted first.</summary>
    public static IEnumerable<(string Type, Dictionary<string, string> Parameters)> Clauses(string header) => header
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(static text =>
        {
            var parts = text.Split(';', StringSplitOptions.TrimEntries);
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var part in parts.Skip(1))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                parameters[equals < 0 ? part : part[..equals]] = equals < 0 ? "" : part[(equals + 1)..];
            }

            return (parts[0], parameters);
        })
        .OrderByDescending(static clause => double.TryParse(clause.parameters.GetValueOrDefault("q"), System.Globalization.CultureInfo.InvariantCulture, out var q) ? q : 1);
}
