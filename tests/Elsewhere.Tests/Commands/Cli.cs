using System.Text;
using System.Text.Json;
using Elsewhere.Commands;

namespace Elsewhere.Tests.Commands;

/// <summary>One command line in process: what it wrote, and its exit code.</summary>
internal sealed record Cli(int ExitCode, string Out, string Error)
{
    /// <summary>Runs to the end.</summary>
    internal static Task<Cli> RunAsync(params string[] args) => RunWithInputAsync("", args);

    /// <summary>Runs to the end with something on standard input.</summary>
    internal static async Task<Cli> RunWithInputAsync(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(input));
        var exitCode = await Program.RunAsync(args, Terminal.Of(output, error, stream), CancellationToken.None);
        return new Cli(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Starts a verb that serves.</summary>
    internal static Serving Start(params string[] args) => new(args);

    /// <summary>A verb that serves, until it is disposed.</summary>
    internal sealed class Serving : IAsyncDisposable
    {
        private static readonly TimeSpan patience = TimeSpan.FromSeconds(20);
        private readonly CancellationTokenSource stop = new();
        private readonly Lines output = new(), error = new();
        private readonly Task<int> running;

        internal Serving(string[] args) => running = Task.Run(() => Program.RunAsync(args, Terminal.Of(output, error), stop.Token));

        /// <summary>Waits for a line on standard error.</summary>
        internal Task<string> SaysAsync(string part) => FindAsync(error, line => line.Contains(part, StringComparison.Ordinal), part);

        /// <summary>Waits until it serves; a port that is taken is said to be so "already".</summary>
        internal Task<string> ReadyAsync() => FindAsync(error, static line => line.EndsWith(" ready", StringComparison.Ordinal), "ready");

        /// <summary>Waits for an event on standard output.</summary>
        internal async Task<JsonElement> EventAsync(string name, Func<JsonElement, bool>? also = null) =>
            JsonDocument.Parse(await FindAsync(output, line => Parse(line) is { } json && json.GetProperty("event").GetString() == name && also?.Invoke(json) != false, name)).RootElement;

        /// <summary>Everything on standard output so far.</summary>
        internal string Out => output.ToString();

        /// <summary>Everything on standard error so far.</summary>
        internal string Error => error.ToString();

        /// <summary>Asks to end; the exit code.</summary>
        internal async Task<int> StopAsync()
        {
            await stop.CancelAsync();
            return await running.WaitAsync(patience);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            stop.Dispose();
            await output.DisposeAsync();
            await error.DisposeAsync();
        }

        private static JsonElement? Parse(string line) => line.StartsWith('{') ? JsonDocument.Parse(line).RootElement : null;

        private async Task<string> FindAsync(Lines lines, Func<string, bool> wanted, string what)
        {
            using var late = new CancellationTokenSource(patience);
            while (true)
            {
                var changed = lines.Changed;
                if (lines.All.FirstOrDefault(wanted) is { } line)
                    return line;
                await Task.WhenAny(changed, running, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, late.Token));
                if (late.IsCancellationRequested || (running.IsCompleted && !lines.All.Any(wanted)))
                    Assert.Fail($"no '{what}' came; standard output: {output}; standard error: {error}; {(running.IsFaulted ? running.Exception : null)}");
            }
        }
    }

    private sealed class Lines : TextWriter
    {
        private readonly Lock gate = new();
        private readonly StringBuilder text = new();
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Encoding Encoding => Encoding.UTF8;

        internal Task Changed
        {
            get
            {
                lock (gate)
                    return changed.Task;
            }
        }

        internal string[] All => ToString().Split('\n')[..^1];

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            lock (gate)
            {
                text.Append(value);
                changed.SetResult();
                changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void WriteLine(string? value) => Write(value + "\n");

        public override string ToString()
        {
            lock (gate)
                return text.ToString();
        }
    }
}
