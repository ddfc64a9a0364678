using System.Text;
using Elsewhere.Commands;

namespace Elsewhere.Tests.Commands;

/// <summary>One command line in process: what it wrote, and its exit code.</summary>
internal sealed record Cli(int ExitCode, string Out, string Error)
{
    internal static async Task<Cli> RunAsync(params string[] args) => await RunWithInputAsync("", args);

    internal static async Task<Cli> RunWithInputAsync(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(input));
        var exitCode = await Program.RunAsync(args, Terminal.Of(output, error, stream));
        return new Cli(exitCode, output.ToString(), error.ToString());
    }
}
