using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Elsewhere.Commands;

/// <summary>Examples that belong to a verb: what for, and the line to type.</summary>
internal static class Examples
{
    private static readonly ConditionalWeakTable<Command, IReadOnlyList<(string What, string Line)>> known = [];

    /// <summary>Adds them to a verb's help.</summary>
    internal static Command WithExamples(this Command command, params IReadOnlyList<(string What, string Line)> examples)
    {
        known.Add(command, examples);
        return command;
    }

    /// <summary>Those of a verb; for the program itself the first of each verb.</summary>
    internal static IReadOnlyList<(string What, string Line)> Of(Command command) => command is RootCommand
        ? [.. command.Subcommands.Select(static verb => Of(verb)).Where(static examples => examples.Count > 0).Select(static examples => examples[0])]
        : known.TryGetValue(command, out var examples) ? examples : [];
}
