namespace Elsewhere.RealTests.Docs;

/// <summary>What a fenced block of a page asks for.</summary>
internal enum BlockKind
{
    /// <summary><c>console</c>: lines with a prompt are commands, run one after the other; the lines below each are what it prints.</summary>
    Console,

    /// <summary><c>console server</c>: the same, of one command that goes on until the end of the page.</summary>
    Server,

    /// <summary><c>sh ci</c>: what <c>.ci/run</c> runs, word for word.</summary>
    Ci,

    /// <summary><c>yaml /tmp/path</c>: a file that the reader writes.</summary>
    File,

    /// <summary>Any other language: to be read, not run.</summary>
    Shown,
}

/// <summary>A fenced block.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Line">The line of its fence, from 1.</param>
/// <param name="Path">Where the file is, for <see cref="BlockKind.File"/>.</param>
/// <param name="Text">What is between the fences.</param>
internal sealed record Block(BlockKind Kind, int Line, string Path, IReadOnlyList<string> Text)
{
    /// <summary>The commands with what each prints.</summary>
    public IReadOnlyList<Step> Steps()
    {
        var steps = new List<Step>();
        foreach (var line in Text)
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
                steps.Add(new Step(line[2..], []));
            else if (steps.Count == 0)
                throw new FormatException($"line {Line}: a console block begins with a prompt");
            else if (steps[^1] is var last && last.Expected.Count == 0 && last.Command.EndsWith('\\'))
                steps[^1] = last with { Command = $"{last.Command}\n{line}" };
            else
                last.Expected.Add(line);
        }

        return steps;
    }
}

/// <summary>A command and the lines it prints; three dots stand for anything, alone on a line for any lines.</summary>
internal sealed record Step(string Command, List<string> Expected);

/// <summary>A page of the documentation as a test sees it.</summary>
internal static class Page
{
    private const string Fence = "```";

    /// <summary>The fenced blocks of a page.</summary>
    public static IReadOnlyList<Block> Read(string markdown)
    {
        var blocks = new List<Block>();
        var lines = markdown.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal))
                continue;
            var end = Array.FindIndex(lines, i + 1, line => line.TrimEnd() == Fence);
            if (end < 0)
                throw new FormatException($"line {i + 1}: this fence is never closed");
            var (kind, path) = KindOf(lines[i][Fence.Length..].Trim(), i + 1);
            blocks.Add(new Block(kind, i + 1, path, lines[(i + 1)..end]));
            i = end;
        }

        return blocks;
    }

    private static (BlockKind Kind, string Path) KindOf(string info, int line) => info.Split(' ') switch
    {
        ["console"] => (BlockKind.Console, ""),
        ["console", "server"] => (BlockKind.Server, ""),
        ["sh", "ci"] => (BlockKind.Ci, ""),
        ["yaml", var path] when path.StartsWith("/tmp/", StringComparison.Ordinal) => (BlockKind.File, path),
        ["yaml" or "json" or "text" or "csharp"] => (BlockKind.Shown, ""),
        _ => throw new FormatException($"line {line}: '{info}' says neither how to run this nor that it is not to be run; see CONTRIBUTING.md"),
    };
}
