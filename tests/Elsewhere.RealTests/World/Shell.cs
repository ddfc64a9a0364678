using System.Diagnostics;
using System.Text;

namespace Elsewhere.RealTests.World;

/// <summary>How a program ended and what it wrote.</summary>
internal sealed record Done(string Command, int ExitCode, string Out, string Err)
{
    /// <summary>The lines of standard output, without the empty last one.</summary>
    public string[] Lines => Out.TrimEnd('\n').Split('\n');

    /// <summary>Standard output without the line end.</summary>
    public string Text => Out.Trim();

    /// <summary>This, if it ended well; otherwise the test fails with all that the program said.</summary>
    public Done Well()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    public override string ToString() => $"{Command}\nexit {ExitCode}\n--- standard output\n{Out}\n--- standard error\n{Err}";
}

/// <summary>Runs programs to their end; a program that does not end in time is killed and fails the test.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Runs a program; its standard input is <paramref name="input"/>, or empty.</summary>
    public static async Task<Done> RunAsync(IReadOnlyList<string> command, Environs environs, string? input = null)
    {
        using var process = Start(command, environs);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
            await WriteAllAsync(process, input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new Done(string.Join(' ', command), process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end in {Patience.TotalSeconds} s");
        }
    }

    /// <summary>Starts a program with its three streams redirected.</summary>
    public static Process Start(IReadOnlyList<string> command, Environs environs)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = environs.Directory,
        };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        // The test runner's own settings would change what dotnet and the program do.
        foreach (var name in start.Environment.Keys.Where(Foreign).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environs.Variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static bool Foreign(string name) =>
        name.StartsWith("VSTEST", StringComparison.Ordinal) || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("XDG_", StringComparison.Ordinal) || name.StartsWith("TESTINGPLATFORM", StringComparison.Ordinal)
        || name is "NO_COLOR" or "FORCE_COLOR" or "TERM" or "DOTNET_CLI_CONTEXT_VERBOSE";

    private static async Task WriteAllAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
        }
        catch (IOException)
        {
            // The program ended without reading all of it, which is its good right.
        }
    }
}

/// <summary>Where a program runs and with which variables.</summary>
internal sealed record Environs(string Directory, IReadOnlyDictionary<string, string> Variables)
{
    public static Environs Host { get; } = new("/", new Dictionary<string, string>());

    public Environs With(string name, string value) => this with { Variables = new Dictionary<string, string>(Variables) { [name] = value } };
}
