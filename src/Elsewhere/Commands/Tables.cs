using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>Tables without lines: the same columns on a terminal and in a pipe.</summary>
internal static class Tables
{
    /// <summary>Without lines and headers.</summary>
    internal static Table Plain() => new Table().NoBorder().HideHeaders();

    /// <summary>Without lines, with headers.</summary>
    internal static Table WithHeaders(params IEnumerable<string> headers)
    {
        var table = new Table().NoBorder();
        foreach (var header in headers)
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))).PadRight(2));
        return table;
    }

    /// <summary>Writes a table; on a terminal as wide as that is, and without colours without the blanks that fill up its last column.</summary>
    internal static void Write(IAnsiConsole console, Table table)
    {
        if (console.Profile.Capabilities.Ansi)
        {
            var unfolded = console.Profile.Width;
            console.Profile.Width = Terminal.Width(console);
            console.Write(table);
            console.Profile.Width = unfolded;
            return;
        }

        using var text = new StringWriter();
        var plain = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new Terminal.Output(text) });
        plain.Profile.Width = Terminal.Width(console);
        plain.Write(table);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
            console.Profile.Out.Writer.WriteLine(line.TrimEnd());
    }
}
