using Elsewhere.State;

namespace Elsewhere.Commands;

/// <summary>The running instance that a command speaks about.</summary>
internal static class Instances
{
    /// <summary>The one of a state directory; without one, the first that this user can reach.</summary>
    internal static RunningInstance? Find(string? directory) =>
        (directory is null ? StateDirectory.Places() : [directory]).Select(StateDirectory.ReadInstance).FirstOrDefault(static instance => instance is not null);

    /// <summary>Says that there is none; exit code 2.</summary>
    internal static int RefuseMissing(string? directory, Terminal terminal, string otherwise = "") => terminal.Refuse(
        directory is null ? "no elsewhere is running here" : $"no elsewhere is running on the state directory {directory}",
        $"start one: {Self.Name()} run -f PATH{(directory is null ? "" : $" --state {directory}")}{(otherwise.Length > 0 ? $"; {otherwise}" : "")}");
}
