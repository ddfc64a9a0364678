using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>RFC 3339 as Go's <c>time.Parse</c> reads it, with its complaints.</summary>
internal static class GoTime
{
    private const string Layout = "2006-01-02T15:04:05Z07:00";
    private const string MicroLayout = "2006-01-02T15:04:05.000000Z07:00";
    private const int MicroDigits = 6;

    // Each part of the layout with what it must look like: digits, or the character itself.
    private static readonly (string Part, int Digits, int Min, int Max, string Range)[] Parts =
    [
        ("2006", 4, 0, 9999, "year"), ("-", 0, 0, 0, ""), ("01", 2, 1, 12, "month"), ("-", 0, 0, 0, ""), ("02", 2, 1, 31, "day"), ("T", 0, 0, 0, ""),
        ("15", 2, 0, 23, "hour"), (":", 0, 0, 0, ""), ("04", 2, 0, 59, "minute"), (":", 0, 0, 0, ""), ("05", 2, 0, 59, "second"),
    ];

    /// <summary>What is wrong with a time; null if nothing is.</summary>
    /// <param name="text">The time.</param>
    /// <param name="micro">Whether it must have exactly six digits after the second.</param>
    public static string? Explain(string text, bool micro = false)
    {
        var layout = micro ? MicroLayout : Layout;
        var rest = text.AsSpan();
        int year = 0, month = 0;
        foreach (var (part, digits, min, max, range) in Parts)
        {
            if (digits == 0)
            {
                if (rest.IsEmpty || rest[0] != part[0])
                    return Cannot(text, rest, part, layout);
                rest = rest[1..];
                continue;
            }

            if (rest.Length < digits || rest[..digits].ContainsAnyExceptInRange('0', '9'))
                return Cannot(text, rest, part, layout);
            var value = int.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            if (part == "2006")
                year = value;
            if (part == "01")
                month = value;
            if (value < min || value > max || (part == "02" && value > DateTime.DaysInMonth(Math.Max(year, 4), Math.Max(month, 1)) && month > 0))
                return $"parsing time {GoText.Quote(text)}: {range} out of range";
            rest = rest[digits..];
        }

        if (micro)
        {
            if (rest.Length <= MicroDigits || rest[0] is not ('.' or ',') || rest[1..(MicroDigits + 1)].ContainsAnyExceptInRange('0', '9'))
                return Cannot(text, rest, ".000000", layout);
            rest = rest[(MicroDigits + 1)..];
        }
        else if (rest.Length > 1 && rest[0] is '.' or ',' && char.IsAsciiDigit(rest[1]))
            rest = rest[1..].TrimStart("0123456789");
        return Zone(text, rest, layout);
    }

    private static string? Zone(string text, ReadOnlySpan<char> rest, string layout)
    {
        if (rest.StartsWith("Z"))
            rest = rest[1..];
        else if (rest.Length >= 6 && rest[0] is '+' or '-' && rest[3] == ':' && Two(rest[1..3], 24) && Two(rest[4..6], 60))
            rest = rest[6..];
        else
            return Cannot(text, rest, "Z07:00", layout);
        return rest.IsEmpty ? null : $"parsing time {GoText.Quote(text)}: extra text: {GoText.Quote(rest.ToString())}";
    }

    private static bool Two(ReadOnlySpan<char> digits, int limit) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < limit;

    private static string Cannot(string text, ReadOnlySpan<char> rest, string part, string layout) =>
        $"parsing time {GoText.Quote(text)} as {GoText.Quote(layout)}: cannot parse {GoText.Quote(rest.ToString())} as {GoText.Quote(part)}";
}
