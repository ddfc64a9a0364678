using System.Globalization;
using Elsewhere.Model;
using Elsewhere.Serving;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>What changed while serving, for people: a short line, then the findings that are new or gone.</summary>
/// <param name="terminal">Where to: standard error.</param>
/// <param name="time">The clock.</param>
internal sealed class ChangeReport(Terminal terminal, TimeProvider time)
{
    private const int MaxFindings = 20, MaxOfOneCode = 3, MaxNames = 5;

    internal void Changed(EngineChange change)
    {
        var changes = SnapshotChanges.Of(change);
        if (!changes.IsEmpty)
        {
            string[] parts = [.. Part("new", changes.Added), .. Part("changed", changes.Changed), .. Part("gone", changes.Removed)];
            terminal.Messages.MarkupLineInterpolated($"[dim]{Clock()}[/] {string.Join("; ", parts)} [dim]({change.Took.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms)[/]");
        }

        foreach (var finding in change.GoneFindings.Take(MaxFindings))
            terminal.Messages.MarkupLineInterpolated($"[dim]{Clock()}[/] [green]no more:[/] {finding.Code}{(finding.Object == ObjectRef.None ? "" : $": {finding.Object}")}");
        WriteFindings(change.NewFindings);
    }

    internal void Line(string text) => terminal.Messages.MarkupLineInterpolated($"[dim]{Clock()}[/] {text}");

    internal void WriteFindings(IReadOnlyList<Finding> findings)
    {
        // A thousand ports that this user may not bind are one thing to do: each code shows its first few.
        var shown = findings.GroupBy(static finding => finding.Code).SelectMany(static group => group.Take(MaxOfOneCode)).Take(MaxFindings)
            .OrderBy(static finding => finding.Place?.File, StringComparer.Ordinal).ThenBy(static finding => finding.Place?.Line).ToArray();
        foreach (var finding in shown)
            FindingText.Write(terminal.Messages, finding);
        if (findings.Count > shown.Length)
            terminal.Messages.WriteLine($"{FindingText.Count(findings)}; {shown.Length} of them are shown, elsewhere lint shows all that is wrong in manifests");
    }

    private static IEnumerable<string> Part(string what, Seq<Alias> aliases) => aliases.IsEmpty ? []
        : [$"{what}: {string.Join(", ", aliases.Take(MaxNames).Select(static alias => alias.Key.ToString()))}{(aliases.Count > MaxNames ? $" and {aliases.Count - MaxNames} more" : "")}"];

    private string Clock() => time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
