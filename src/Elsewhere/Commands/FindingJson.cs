using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary>A finding as programs read it.</summary>
/// <param name="File">The path as given; null if the finding comes from no file.</param>
/// <param name="Document">The document in the file, from 1; null as <paramref name="File"/>.</param>
/// <param name="Line">The line, from 1; null where unknown.</param>
/// <param name="Object">The object.</param>
/// <param name="Source"><c>kubernetes</c> or <c>elsewhere</c>.</param>
/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Code">The stable name.</param>
/// <param name="Field">The field; may be empty.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do; may be empty.</param>
internal sealed record FindingJson(
    string? File,
    int? Document,
    int? Line,
    ObjectJson Object,
    string Source,
    string Severity,
    string Code,
    string Field,
    string Message,
    string Remedy)
{
    internal static FindingJson Of(Finding finding) => new(
        finding.Place?.File,
        finding.Place?.Document,
        finding.Place is { Line: > 0 and var line } ? line : null,
        ObjectJson.Of(finding.Object),
        finding.Source switch { FindingSource.Kubernetes => "kubernetes", FindingSource.Elsewhere => "elsewhere" },
        finding.Severity.Word(),
        finding.Code,
        finding.Field,
        finding.Message,
        finding.Remedy);
}

/// <summary>Which object of which API.</summary>
/// <param name="ApiVersion">Group and version.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for cluster-scoped kinds.</param>
/// <param name="Name">The name.</param>
internal sealed record ObjectJson(string ApiVersion, string Kind, string Namespace, string Name)
{
    internal static ObjectJson Of(ObjectRef about) => new(about.ApiVersion, about.Kind, about.Namespace, about.Name);
}
