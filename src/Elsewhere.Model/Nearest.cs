namespace Elsewhere.Model;

/// <summary>The names that somebody may have meant.</summary>
public static class Nearest
{
    /// <summary>Those nearest to a word, the nearest first: a third of its letters may be wrong, or it is a part of the name.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="names">What there is.</param>
    /// <param name="count">How many at most.</param>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names, int count)
    {
        ArgumentNullException.ThrowIfNull(word);
        return
        [
            .. names.Distinct(StringComparer.Ordinal)
            .Select(name => (name, distance: word.Length < 3 || !name.Contains(word, StringComparison.OrdinalIgnoreCase) ? Distance(word, name) : name.StartsWith(word, StringComparison.OrdinalIgnoreCase) ? 0 : 1))
            .Where(candidate => candidate.distance <= Math.Max(1, word.Length / 3))
            .OrderBy(static candidate => candidate.distance).ThenBy(static candidate => candidate.name, StringComparer.Ordinal)
            .Take(count).Select(static candidate => candidate.name),
        ];
    }

    /// <summary>Insertions, deletions and replacements from one word to the other (Levenshtein), letters' case aside.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
