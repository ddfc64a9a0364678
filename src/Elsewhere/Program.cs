using System.CommandLine;
using Elsewhere.Commands;

namespace Elsewhere;

/// <summary>The program <c>elsewhere</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var terminal = Terminal.OfThisProcess();
        var exitCode = await RunAsync(args, terminal, CancellationToken.None);
        return exitCode == 0 && terminal.HasLostOutput() ? terminal.Refuse("standard output could not be written") : exitCode;
    }

    /// <summary>Runs one command line; the exit code is 0 (well), 1 (found something wrong) or 2 (cannot do it).</summary>
    /// <param name="args">The words behind the program's name.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="stop">Ends a verb that serves, as SIGTERM does.</param>
    internal static Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken stop) => CommandLine.InvokeAsync(Verbs(terminal), args, terminal, stop);

    private static RootCommand Verbs(Terminal terminal) => new("Stable Kubernetes names for services that live elsewhere, on one machine without a cluster.")
    {
        DemoCommand.Create(terminal),
        RunCommand.Create(terminal),
        DnsCommand.Create(terminal),
        ExecCommand.Create(terminal),
        LintCommand.Create(terminal),
        ExplainCommand.Create(terminal),
        CaCommand.Create(terminal),
    };
}
