using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary>From words to a verb: the library parses, we say what is wrong with them and what would be right.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs; a line that cannot be parsed is exit code 2.</summary>
    internal static async Task<int> InvokeAsync(RootCommand root, string[] args, Terminal terminal, CancellationToken stop)
    {
        foreach (var option in root.Options)
        {
            if (option is HelpOption help)
                (help.Action, help.Description) = (new HelpText(terminal), "Show help");
            else if (option is VersionOption version)
                version.Description = "Show the version";
        }

        // No response files: an argument that begins with @ is a name server or whatever a command under exec makes of it.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is HelpText || args.Length == 0)
            return new HelpText(terminal).Invoke(parsed);
        if (parsed.Errors.Count > 0 || Unknown(parsed) is not null)
            return Refuse(parsed, terminal);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            // A verb that serves ends when it has drained; the library would cut it off after two seconds.
            ProcessTerminationTimeout = null,
        }, stop);
    }

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var name = command is RootCommand ? "elsewhere" : $"elsewhere {command.Name}";
        if (Unknown(parsed) is not { } word)
            return terminal.Refuse(parsed.Errors[0].Message, $"{name} --help");
        var known = command.Subcommands.Select(static verb => verb.Name).Concat(command.Options.Where(static option => !option.Hidden).Select(static option => option.Name));
        var nearest = Nearest.To(word, known, 1);
        return terminal.Refuse(command is RootCommand ? $"there is no verb '{word}'" : $"{command.Name} takes no argument '{word}'",
            nearest.Count > 0 ? $"did you mean '{nearest[0]}'? All of them: {name} --help" : $"{name} --help");
    }

    // An option that takes several paths would take a mistyped option for one more. Behind -- stands what is not ours.
    private static string? Unknown(ParseResult parsed) =>
        parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0]
        : parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash) || parsed.CommandResult.Command.Name == "exec" ? null
        : parsed.Tokens.FirstOrDefault(static token => token.Type == TokenType.Argument && token.Value.Length > 1 && token.Value[0] == '-')?.Value;
}
