using System.Text;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Rewrite;

/// <summary>
/// The cases of specs/rewrite, read as a diff: a title, then lines that begin with "-" (the input), "+" (what is expected) or "=" (both).
/// </summary>
internal static class RewriteCorpus
{
    internal static string Folder { get; } = Path.Combine(Root(), "specs", "rewrite");

    internal static IReadOnlyList<RewriteCase> Bodies { get; } = [.. Load("bodies")];

    internal static IReadOnlyList<RewriteCase> Headers { get; } = [.. Load("headers")];

    internal static UrlPair Pair(string line)
    {
        var sides = line.Split(" -> ");
        var slash = sides[0].IndexOf('/', sides[0].IndexOf("//", StringComparison.Ordinal) + 2);
        var path = slash < 0 ? "" : sides[0][slash..];
        return new UrlPair(WebAuthority.Parse(slash < 0 ? sides[0] : sides[0][..slash]), path, WebAuthority.Parse(sides[1]));
    }

    internal static UrlMap Map(params string[] pairs) => UrlMap.Compile(pairs.Select(Pair).ToSeq());

    private static IEnumerable<RewriteCase> Load(string kind)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, kind), "*.txt").Order(StringComparer.Ordinal))
        {
            var head = new Dictionary<string, string>(StringComparer.Ordinal);
            var pairs = new List<UrlPair>();
            string? title = null;
            List<string> input = [], expected = [];
            var name = Path.GetFileNameWithoutExtension(file);
            var map = UrlMap.Compile([]);
            foreach (var line in File.ReadAllLines(file).Append(""))
            {
                if (line.Length == 0)
                {
                    if (title is not null && input.Count + expected.Count > 0)
                        yield return new RewriteCase(name, title, head.GetValueOrDefault("type", ""), head, map, [.. input], [.. expected]);
                    title = null;
                    input.Clear();
                    expected.Clear();
                }
                else if (line.StartsWith('#'))
                {
                    continue;
                }
                else if (title is null && line.Split(": ", 2) is [var key, var value] && key is "type" or "pair" or "set")
                {
                    if (key == "pair")
                        pairs.Add(Pair(value));
                    else if (key == "set")
                        head[value.Split('=')[0]] = value.Split('=')[1];
                    else
                        head[key] = value;
                    map = UrlMap.Compile(pairs.ToSeq());
                }
                else if (title is null)
                {
                    title = line;
                }
                else
                {
                    var text = line.Length > 2 ? line[2..] : "";
                    if (line[0] is '-' or '=')
                        input.Add(text);
                    if (line[0] is '+' or '=')
                        expected.Add(text);
                    Assert.True(line[0] is '-' or '+' or '=', $"{name}: '{line}' begins with none of - + =");
                }
            }
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Elsewhere.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("no solution above the tests");
        return folder.FullName;
    }
}

/// <summary>One case: what goes in and what comes out.</summary>
internal sealed record RewriteCase(
    string File, string Title, string Type, IReadOnlyDictionary<string, string> Settings, UrlMap Map, string[] Input, string[] Expected)
{
    internal byte[] InputBytes { get; } = Encoding.UTF8.GetBytes(string.Join('\n', Input));

    internal byte[] ExpectedBytes { get; } = Encoding.UTF8.GetBytes(string.Join('\n', Expected));
}
