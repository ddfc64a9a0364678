using System.Text.RegularExpressions;

namespace Elsewhere.RealTests.Docs;

/// <summary>Whether a program printed what a page says it prints.</summary>
internal static class Expectation
{
    private const string Anything = "...";

    /// <summary>
    /// Whether the lines are there, in this order and nothing between; three dots stand for anything within a line, alone on a line for any
    /// lines. Blanks at the end of a line do not count, nor do empty lines at the end.
    /// </summary>
    public static bool Holds(IReadOnlyList<string> expected, string printed)
    {
        var pattern = string.Concat(TrimEnd(expected).Select(line => line.Trim() == Anything ? @"(?:[^\n]*\n)*?" : LinePattern(line)));
        return Regex.IsMatch($"{printed.TrimEnd()}\n", $@"\A{pattern}\s*\z", RegexOptions.CultureInvariant);
    }

    private static string LinePattern(string line) =>
        string.Join("[^\n]*?", line.TrimEnd().Split(Anything).Select(Regex.Escape)) + @"[ \t]*\n";

    private static IEnumerable<string> TrimEnd(IReadOnlyList<string> lines)
    {
        var count = lines.Count;
        while (count > 0 && lines[count - 1].Trim().Length == 0)
            count--;
        return lines.Take(count);
    }
}
