using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Compares an answer with a recorded one, in which values that differ each time stand as <c>&lt;uid&gt;</c> and the like.</summary>
internal static class Masked
{
    /// <summary>The first difference, or null.</summary>
    /// <param name="recorded">What was recorded.</param>
    /// <param name="ours">What we say.</param>
    /// <param name="path">Where this is.</param>
    /// <param name="mayHave">What we may have beyond what was recorded.</param>
    public static string? Difference(Node recorded, Node? ours, string path, Func<string, bool>? mayHave = null)
    {
        if (ours is null)
            return $"{path} is missing";
        // Transcripts hold a version and a time in the place of every one.
        if (path.EndsWith("resourceVersion", StringComparison.Ordinal) || path.EndsWith("Timestamp", StringComparison.Ordinal) || path.EndsWith(".time", StringComparison.Ordinal) || path.EndsWith("TransitionTime", StringComparison.Ordinal))
            return null;
        if (recorded is { Kind: NodeKind.String } && recorded.Text.StartsWith('<') && recorded.Text.EndsWith('>') && recorded.Text != "<none>")
            return ours.Kind is NodeKind.String or NodeKind.Number ? null : $"{path} is no single value";
        // Ages are told in the second of the telling.
        if (path.Contains(".cells[", StringComparison.Ordinal) && IsAge(recorded.Text) && IsAge(ours.Text))
            return null;
        // An address that the server chose; those that manifests ask for lie in two networks of their own.
        if (path.Contains("clusterIP", StringComparison.Ordinal) && recorded.Kind == NodeKind.String && IsChosen(recorded.Text) && IsChosen(ours.Text))
            return null;
        // A list that is not there and one that is empty are one to every client.
        if (recorded is { Kind: NodeKind.Null } or { Kind: NodeKind.List, Items.Count: 0 } && ours is { Kind: NodeKind.Null } or { Kind: NodeKind.List, Items.Count: 0 })
            return null;
        if (recorded.Kind != ours.Kind || recorded.Text != ours.Text)
            return $"{path}: {ours} instead of {recorded}";
        if (recorded.Items.Count != ours.Items.Count)
            return $"{path}: {ours.Items.Count} items instead of {recorded.Items.Count}";
        for (var i = 0; i < recorded.Items.Count; i++)
        {
            if (Difference(recorded.Items[i], ours.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), mayHave) is { } inner)
                return inner;
        }

        foreach (var (key, value) in recorded.Entries)
        {
            if (key != "_note" && Difference(value, ours[key], path.Length == 0 ? key : $"{path}.{key}", mayHave) is { } inner)
                return inner;
        }

        foreach (var (key, value) in ours.Entries)
        {
            var at = path.Length == 0 ? key : $"{path}.{key}";
            if (!recorded.Has(key) && mayHave?.Invoke(at) != true)
                return $"{at}: {value} was not expected";
        }

        return null;
    }

    private static bool IsAge(string text) => text.Length > 1 && char.IsAsciiDigit(text[0]) && text[^1] is 's' or 'm' or 'h' && !text.Contains(':', StringComparison.Ordinal);

    private static bool IsChosen(string address) =>
        address.StartsWith("10.96.", StringComparison.Ordinal) && !address.StartsWith("10.96.70.", StringComparison.Ordinal) && !address.StartsWith("10.96.71.", StringComparison.Ordinal);
}
