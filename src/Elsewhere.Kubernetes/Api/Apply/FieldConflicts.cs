using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>Fields that others own and an apply would change.</summary>
internal sealed class FieldConflicts(IEnumerable<KeyValuePair<Manager, FieldSet>> conflicts)
{
    private readonly (Manager Manager, string Path, FieldElement[] Steps)[] all =
    [
        .. conflicts.OrderBy(static c => c.Key.Name, StringComparer.Ordinal).ThenBy(static c => c.Key.ToString(), StringComparer.Ordinal)
            .SelectMany(static c => c.Value.Paths().Select(p => (c.Key, FieldSet.Text(p), p))),
    ];

    /// <summary>Whether every one of them is in a set.</summary>
    public bool AllIn(FieldSet set) => Array.TrueForAll(all, c => set.Has(c.Steps));

    /// <summary>The answer that names those that are not in a set (apimachinery <c>managedfields/internal/conflict.go</c>).</summary>
    public ApiFailure Refusal(FieldSet? allowed = null)
    {
        var left = all.Where(c => allowed is null || !allowed.Has(c.Steps)).ToList();
        var causes = left.Select(static c => new ApiCause("FieldManagerConflict", c.Path, $"conflict with {c.Manager}"));
        var text = left.Count == 1
            ? $"1 conflict: conflict with {left[0].Manager}: {left[0].Path}"
            : $"{left.Count} conflicts: " + string.Join('\n', left.GroupBy(static c => c.Manager).Select(static g => $"conflicts with {g.Key}:\n" + string.Join('\n', g.Select(static c => "- " + c.Path))));
        return new(409, "Conflict", "Apply failed with " + text, ApiFailure.CausesOf(causes));
    }
}
