using Elsewhere.Model;

namespace Elsewhere.State;

/// <summary>What can be wrong with the state directory.</summary>
internal static class StateFindingCodes
{
    /// <summary>A state file cannot be read.</summary>
    internal static FindingCode StateBroken { get; } = new("state-broken", Severity.Warning, FindingSource.Elsewhere, "A file of the state directory cannot be read; it is set aside and made anew.");
}
