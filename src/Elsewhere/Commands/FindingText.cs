using Elsewhere.Model;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>Findings for people: as compilers write them, so that editors find the line.</summary>
internal static class FindingText
{
    /// <summary><c>file:line: severity code: Object: message</c>, the field with it, and the remedy below.</summary>
    internal static void Write(IAnsiConsole console, Finding finding)
    {
        var place = finding.Place is { } where ? $"{where}: " : "";
        var about = finding.Object == ObjectRef.None ? "" : $"{finding.Object}: ";
        var field = finding.Field.Length == 0 ? "" : $"{finding.Field}: ";
        console.MarkupLineInterpolated($"{place}[{Colour(finding.Severity)}]{finding.Severity.Word()}[/] [bold]{finding.Code}[/]: {about}{field}{finding.Message}");
        if (finding.Remedy.Length > 0)
            console.MarkupLineInterpolated($"  [dim]->[/] {finding.Remedy.TrimEnd().Replace("\n", "\n     ", StringComparison.Ordinal)}");
    }

    /// <summary><c>1 error, 2 warnings, 3 notes</c>; "no findings" if there is none.</summary>
    internal static string Count(IEnumerable<Finding> findings)
    {
        var all = findings.ToArray();
        var parts = new[] { Severity.Error, Severity.Warning, Severity.Info }
            .Select(severity => (severity, count: all.Count(finding => finding.Severity == severity)))
            .Where(static part => part.count > 0)
            .Select(static part => Plural(part.count, part.severity switch { Severity.Error => "error", Severity.Warning => "warning", Severity.Info => "note" }));
        return all.Length == 0 ? "no findings" : string.Join(", ", parts);
    }

    /// <summary><c>1 file</c>, <c>2 files</c>.</summary>
    internal static string Plural(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : noun.EndsWith('s') ? "es" : "s")}";

    private static string Colour(Severity severity) => severity switch
    {
        Severity.Error => "red",
        Severity.Warning => "yellow",
        Severity.Info => "blue",
    };
}
