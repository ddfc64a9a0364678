using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Elsewhere.RealTests.World;

/// <summary>A program that goes on, such as <c>elsewhere run</c>; its output is collected line by line.</summary>
internal sealed partial class Running : IAsyncDisposable
{
    private readonly List<string> output = [];
    private readonly List<string> error = [];
    private readonly string command;
    private readonly Process process;
    private readonly Task readers;
    private bool isDisposed;

    public Running(IReadOnlyList<string> command, Environs environs)
    {
        this.command = string.Join(' ', command);
        process = Shell.Start(command, environs);
        readers = Task.WhenAll(ReadAsync(process.StandardOutput, output), ReadAsync(process.StandardError, error));
    }

    public int Pid => process.Id;

    public bool HasEnded => process.HasExited;

    public string Out => Text(output);

    public string Err => Text(error);

    /// <summary>Gives a line to the program's standard input.</summary>
    public Task TypeAsync(string line) => process.StandardInput.WriteLineAsync(line);

    /// <summary>Closes the program's standard input.</summary>
    public void EndInput() => process.StandardInput.Close();

    /// <summary>Waits until standard output or standard error has a line with this text.</summary>
    public Task SaysAsync(string text) => SaysAsync(line => line.Contains(text, StringComparison.Ordinal), text);

    /// <summary>Waits until a line is as asked for; a program that ends before fails the test.</summary>
    public Task SaysAsync(Func<string, bool> line, string what) => Eventually.TrueAsync(
        () =>
        {
            var said = Out + Err;
            if (said.Split('\n').Any(line))
                return Task.FromResult(true);
            return HasEnded && readers.IsCompleted && !(Out + Err).Split('\n').Any(line)
                ? throw new InvalidOperationException($"ended with {process.ExitCode} without saying {what}:\n{this}")
                : Task.FromResult(false);
        },
        () => $"did not say {what}:\n{this}");

    public void Signal(int signal) => _ = Kill(process.Id, signal);

    /// <summary>Waits for the end; the exit code, 128 + the signal if one ended it.</summary>
    public async Task<int> EndsAsync()
    {
        await Eventually.TrueAsync(() => Task.FromResult(process.HasExited), () => $"did not end:\n{this}");
        await readers;
        return process.ExitCode;
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public Task<int> TermAsync()
    {
        Signal(Signals.Term);
        return EndsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        if (!process.HasExited)
            Signal(Signals.Kill);
        await process.WaitForExitAsync();
        await readers;
        process.Dispose();
    }

    public override string ToString() => $"{command}\n--- standard output\n{Out}\n--- standard error\n{Err}";

    private static async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
            lock (lines)
                lines.Add(line);
    }

    private static string Text(List<string> lines)
    {
        lock (lines)
            return string.Concat(lines.Select(line => line + "\n"));
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>The signals' numbers on Linux.</summary>
internal static class Signals
{
    public const int Int = 2;
    public const int Kill = 9;
    public const int Term = 15;
}
