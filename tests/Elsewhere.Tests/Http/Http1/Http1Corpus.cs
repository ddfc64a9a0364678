using System.Globalization;
using System.Text;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Http.Http1;

/// <summary>One case of specs/http1.</summary>
/// <param name="File">The file without its ending.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Bytes">What the client sends.</param>
/// <param name="Passed">How many requests pass.</param>
/// <param name="Waits">The beginning of another request waits for the rest.</param>
/// <param name="Status">With what status the next request is refused; 0 if none is.</param>
/// <param name="Code">And with what code.</param>
internal sealed record Http1Case(string File, string Title, byte[] Bytes, int Passed, bool Waits, int Status, string Code);

/// <summary>Reads specs/http1; its README says how.</summary>
internal static class Http1Corpus
{
    internal static IReadOnlyList<Http1Case> All { get; } = [.. Directory.EnumerateFiles(Folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(Load)];

    private static string Folder => Path.Combine(Repository.Root, "specs", "http1");

    internal static Http1Case Find(string file, string title) => All.Single(c => c.File == file && c.Title == title);

    /// <summary>The bytes that <paramref name="text"/> spells.</summary>
    internal static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '{' && text.IndexOf('}', i) is var end and > 0 && text[i..end].LastIndexOf('*') is var star and > 0
                && int.TryParse(text[(i + star + 1)..end], NumberStyles.None, CultureInfo.InvariantCulture, out var times))
            {
                var part = Unescape(text[(i + 1)..(i + star)]);
                for (var n = 0; n < times; n++)
                    bytes.AddRange(part);
                i = end;
            }
            else if (text[i] == '\\')
            {
                i++;
                bytes.Add(text[i] switch
                {
                    'r' => (byte)'\r',
                    'n' => (byte)'\n',
                    't' => (byte)'\t',
                    '\\' => (byte)'\\',
                    'x' => byte.Parse(text.AsSpan((i += 2) - 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    var other => throw new FormatException($"\\{other}"),
                });
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return [.. bytes];
    }

    private static IEnumerable<Http1Case> Load(string path) =>
        File.ReadAllText(path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block => Parse(Path.GetFileNameWithoutExtension(path), block.Trim('\n').Split('\n')));

    private static Http1Case Parse(string file, string[] lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines.Skip(1).SkipLast(1))
        {
            _ = line.StartsWith(">> ", StringComparison.Ordinal) ? text.Append(line.AsSpan(3))
                : line == ">" ? text.Append("\\r\\n")
                : line.StartsWith("> ", StringComparison.Ordinal) ? text.Append(line.AsSpan(2)).Append("\\r\\n")
                : throw new FormatException($"{file}, {lines[0]}: {line}");
        }

        var (passed, waits, status, code) = (0, false, 0, "");
        foreach (var words in lines[^1][2..].Split(", ").Select(part => part.Split(' ')))
        {
            switch (words[0])
            {
                case "pass" or "more":
                    passed = words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : 1;
                    waits = words[0] == "more";
                    break;
                default:
                    (status, code) = (int.Parse(words[0], CultureInfo.InvariantCulture), words[1]);
                    break;
            }
        }

        return new(file, lines[0], Unescape(text.ToString()), passed, waits, status, code);
    }
}
