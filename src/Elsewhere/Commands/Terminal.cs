using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>Where a command writes: results to one side, everything else to the other; coloured for people, plain for programs.</summary>
internal sealed class Terminal
{
    // Lines are not folded: a terminal does that itself, so that they can be copied, and a program counts in lines.
    private const int Unfolded = 100_000;
    private readonly Lazy<IAnsiConsole> results, messages;
    private Func<OutputForm, IDisposable?> inBackground = static _ => null;

    private Terminal(TextWriter output, bool outputIsTerminal, TextWriter error, bool errorIsTerminal, bool coloured, Stream? input)
    {
        (Out, Error, In) = (output, error, input);
        results = new(() => Make(output, outputIsTerminal, coloured));
        messages = new(() => Make(error, errorIsTerminal, coloured));
    }

    /// <summary>Standard output, for results.</summary>
    internal TextWriter Out { get; }

    /// <summary>Standard error, for everything else.</summary>
    internal TextWriter Error { get; }

    /// <summary>What stands for standard input; null for the process' own.</summary>
    internal Stream? In { get; }

    /// <summary>Standard output for tables and colours.</summary>
    internal IAnsiConsole Results => results.Value;

    /// <summary>Standard error for tables and colours.</summary>
    internal IAnsiConsole Messages => messages.Value;

    /// <summary>This process' own; colours only on a terminal, and none if <c>NO_COLOR</c> is set (no-color.org) or the terminal is dumb.</summary>
    internal static Terminal OfThisProcess()
    {
        var wanted = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
        var (output, error) = OperatingSystem.IsWindows()
            ? (Console.OpenStandardOutput(), Console.OpenStandardError())
            : (new DescriptorStream(1), (Stream)new DescriptorStream(2));
        var queue = new OutputQueue();
        LineStream results = queue.To(output), messages = queue.To(error);
        return new Terminal(Writer(results), !Console.IsOutputRedirected, Writer(messages), !Console.IsErrorRedirected, wanted, null)
        {
            HasLostOutput = () => output is DescriptorStream { HasLost: true },
            inBackground = form =>
            {
                // A program that reads JSON gets a line that it can read.
                if (form == OutputForm.Json)
                    results.Notice = static count => string.Create(CultureInfo.InvariantCulture, $$"""{"event":"dropped","lines":{{count}}}""");
                queue.Begin();
                return queue;
            },
        };
    }

    /// <summary>Whether results could not be written.</summary>
    internal Func<bool> HasLostOutput { get; private init; } = static () => false;

    /// <summary>From now on no writer waits for a reader: a server goes on when whoever reads its log has stopped to. Disposing it writes what is left.</summary>
    internal IDisposable? WriteInBackground(OutputForm form) => inBackground(form);

    /// <summary>Plain, into writers.</summary>
    internal static Terminal Of(TextWriter output, TextWriter error, Stream? input = null) => new(output, false, error, false, false, input ?? Stream.Null);

    /// <summary>Says what could not be done and what to do about it; returns exit code 2.</summary>
    internal int Refuse(string problem, string remedy = "")
    {
        Messages.MarkupLineInterpolated($"[red]elsewhere:[/] {problem}");
        if (remedy.Length > 0)
            Messages.MarkupLineInterpolated($"  [dim]->[/] {remedy}");
        return 2;
    }

    private static IAnsiConsole Make(TextWriter writer, bool isTerminal, bool coloured)
    {
        coloured &= isTerminal;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = coloured ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = coloured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new Output(writer, isTerminal),
        });
        console.Profile.Width = Unfolded;
        return console;
    }

    /// <summary>The columns of the terminal; without one, as many as a table likes.</summary>
    internal static int Width(IAnsiConsole console)
    {
        if (!console.Profile.Out.IsTerminal)
            return Unfolded;
        try
        {
            // The framework's own one sends the terminal sequences that nobody takes back.
            return (OperatingSystem.IsLinux() ? Libc.Columns(1, 2) : Console.WindowWidth) is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }

    private static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    /// <summary>A writer for the library, whose own one looks at the console.</summary>
    internal sealed class Output(TextWriter writer, bool isTerminal = false) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => Unfolded;

        public int Height => 24;

        public void SetEncoding(Encoding encoding)
        {
            // Always UTF-8.
        }
    }
}
