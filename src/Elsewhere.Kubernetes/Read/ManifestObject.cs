using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>An accepted object of a file.</summary>
/// <param name="Kind">Its kind with its group, so that two groups' kinds of one name stay apart.</param>
/// <param name="Object">What it is.</param>
/// <param name="Key">Namespace and name; the namespace is empty for cluster-scoped kinds.</param>
/// <param name="View">Its typed view; null for kinds that are recognised but kept out of the view.</param>
/// <param name="Place">Where it was written.</param>
internal sealed record ManifestObject(string Kind, ObjectRef Object, ObjectKey Key, object? View, SourcePlace Place);

/// <summary>What one file holds.</summary>
/// <param name="Objects">The accepted objects, in order.</param>
/// <param name="Findings">What is wrong or worth knowing, in order.</param>
/// <param name="Broken">Whether a document could not be read at all: then a watcher keeps what the file held before.</param>
internal sealed record ManifestContent(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<Finding> Findings, bool Broken)
{
    /// <summary>The text that the objects are of; null where there are none.</summary>
    public ManifestSource? Source { get; init; }

    /// <summary>The same content with another one's instances of the objects that both hold: whoever compares later stops at the reference.</summary>
    public ManifestContent Reusing(ManifestContent before)
    {
        if (before.Objects.Count == 0)
            return this;
        var known = before.Objects.ToHashSet();
        return this with { Objects = [.. Objects.Select(found => known.TryGetValue(found, out var same) ? same : found)] };
    }
}
