using System.CommandLine;
using Elsewhere.Commands;

namespace Elsewhere;

/// <summary>The program <c>elsewhere</c>.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => RunAsync(args, Terminal.OfThisProcess());

    /// <summary>Runs one command line; the exit code is 0 (well), 1 (found something wrong) or 2 (cannot do it).</summary>
    internal static Task<int> RunAsync(string[] args, Terminal terminal) => CommandLine.InvokeAsync(Verbs(terminal), args, terminal);

    private static RootCommand Verbs(Terminal terminal) => new("Stable Kubernetes names for services that live elsewhere, on one machine without a cluster.")
    {
        ExecCommand.Create(terminal),
    };
}
