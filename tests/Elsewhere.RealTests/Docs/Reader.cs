using System.Globalization;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests.Docs;

/// <summary>
/// A reader who types what a page says, from top to bottom, in one shell on one machine, and compares what comes.
/// </summary>
internal sealed class Reader(Machine machine, string page)
{
    private int commands;
    private int lastExitCode;
    private string said = "";

    public async Task ReadAsync(IReadOnlyList<Block> blocks)
    {
        await using var shell = machine.Start("bash", "--noprofile", "--norc");
        foreach (var block in blocks)
        {
            switch (block.Kind)
            {
                case BlockKind.Console:
                    await RunAsync(shell, block);
                    break;
                case BlockKind.Server:
                    await ServeAsync(shell, block);
                    break;
                case BlockKind.File:
                    await WriteAsync(block);
                    break;
                case BlockKind.Ci:
                    var script = await File.ReadAllTextAsync(Path.Combine(Installed.Repository, ".ci/run"));
                    Assert.All(block.Text, line => Assert.Contains($"\n{line} ", script, StringComparison.Ordinal));
                    break;
                case BlockKind.Shown:
                    break;
            }
        }
    }

    private async Task RunAsync(Running shell, Block block)
    {
        var steps = block.Steps();
        for (var i = 0; i < steps.Count; i++)
        {
            var asked = i + 1 < steps.Count && steps[i + 1].Command.StartsWith("echo $?", StringComparison.Ordinal);
            // What the page has just changed takes a moment; a reader would look again.
            var isQuestion = steps[i].Expected.Count > 0;
            await Eventually.TrueAsync(
                async () =>
                {
                    var (printed, exitCode) = await TypeAsync(shell, steps[i].Command);
                    if (Expectation.Holds(steps[i].Expected, printed) && (exitCode == 0 || asked))
                        return true;
                    said = $"{Where(block)}\n$ {steps[i].Command}\n{printed}exit {exitCode}\ninstead of\n{string.Join('\n', steps[i].Expected)}";
                    return isQuestion ? false : throw new InvalidOperationException(said);
                },
                () => said);
        }
    }

    private async Task<(string Printed, int ExitCode)> TypeAsync(Running shell, string command)
    {
        var number = ++commands;
        var output = Path.Combine(machine.Files, string.Create(CultureInfo.InvariantCulture, $"printed-{number}"));
        await shell.TypeAsync(string.Create(
            CultureInfo.InvariantCulture, $"(exit {lastExitCode}); {{ {command}\n}} >{output} 2>&1 </dev/null; echo command {number} ended with $?"));
        var marker = string.Create(CultureInfo.InvariantCulture, $"command {number} ended with ");
        await shell.SaysAsync(line => line.StartsWith(marker, StringComparison.Ordinal), command);
        lastExitCode = int.Parse(shell.Out.Split('\n').Single(line => line.StartsWith(marker, StringComparison.Ordinal))[marker.Length..], CultureInfo.InvariantCulture);
        return (await File.ReadAllTextAsync(output), lastExitCode);
    }

    private async Task ServeAsync(Running shell, Block block)
    {
        var step = Assert.Single(block.Steps());
        var output = Path.Combine(machine.Files, string.Create(CultureInfo.InvariantCulture, $"printed-{++commands}"));
        await shell.TypeAsync($"{step.Command} >{output} 2>&1 </dev/null &");
        await Eventually.TrueAsync(
            async () => File.Exists(output) && Expectation.Holds(step.Expected, said = await File.ReadAllTextAsync(output)),
            () => $"{Where(block)}\n$ {step.Command}\n{said}\ninstead of\n{string.Join('\n', step.Expected)}");
    }

    private async Task WriteAsync(Block block) =>
        (await machine.RunAsync(["sh", "-c", "mkdir -p \"${1%/*}\" && cat >\"$1\"", "sh", block.Path], string.Join('\n', block.Text) + "\n")).Well();

    private string Where(Block block) => string.Create(CultureInfo.InvariantCulture, $"{page}:{block.Line}");
}
