using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>A verb's help: what it does, how it is called, its options, and examples that can be typed.</summary>
internal sealed class HelpText(Terminal terminal) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var console = terminal.Results;
        console.Profile.Width = Terminal.Width(console);
        console.WriteLine(command.Description ?? "");
        Title("Usage");
        console.WriteLine($"  {Usage(command)}");
        Columns("Verbs", command.Subcommands.Select(static verb => (verb.Name, FirstSentence(verb.Description))));
        Columns("Arguments", command.Arguments.Where(static argument => !argument.Hidden).Select(static argument => (argument.HelpName ?? argument.Name, argument.Description ?? "")));
        var options = command.Options.Concat(command is RootCommand ? [] : parseResult.RootCommandResult.Command.Options.OfType<HelpOption>());
        Columns("Options", options.Where(static option => !option.Hidden).Select(static option => (Spelling(option), option.Description ?? "")));
        if (Examples.Of(command) is { Count: > 0 } examples)
        {
            Title("Examples");
            foreach (var (what, line) in examples)
            {
                console.MarkupLineInterpolated($"  [dim]# {what}[/]");
                console.WriteLine($"  {line}");
            }
        }

        if (command is RootCommand)
        {
            console.WriteLine();
            console.WriteLine("Exit codes: 0 well, 1 found something wrong, 2 cannot do it. Help of one verb: elsewhere VERB --help");
        }

        return 0;
    }

    private static string Usage(Command command) => command is RootCommand
        ? "elsewhere VERB [options]"
        : $"elsewhere {command.Name} {string.Join(' ', [
            .. command.Options.Where(static option => option.Required).Select(Spelling),
            .. command.Options.Any(static option => !option.Required && !option.Hidden) ? ["[options]"] : Array.Empty<string>(),
            .. command.Arguments.Where(static argument => !argument.Hidden).Select(static argument => argument.HelpName ?? argument.Name)])}";

    private static string Spelling(Option option)
    {
        var names = option.Aliases.Where(static alias => alias is not ("-?" or "/?" or "/h")).Append(option.Name).Distinct().OrderBy(static name => name.Length);
        return option.HelpName is { } value ? $"{string.Join(", ", names)} {value}" : string.Join(", ", names);
    }

    private static string FirstSentence(string? text) => text is null ? "" : text.IndexOf(". ", StringComparison.Ordinal) is > 0 and var end ? text[..end] : text.TrimEnd('.');

    private void Title(string text) => terminal.Results.MarkupLineInterpolated($"\n[bold]{text}:[/]");

    private void Columns(string title, IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0)
            return;
        Title(title);
        var table = Tables.Plain();
        table.AddColumn(new TableColumn("").NoWrap().PadRight(3));
        table.AddColumn("");
        foreach (var (left, right) in all)
            table.AddRow(new Text("  " + left, new Style(Color.Green)), new Text(right));
        Tables.Write(terminal.Results, table);
    }
}
