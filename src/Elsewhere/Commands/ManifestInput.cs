using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary>The manifests that a command line names.</summary>
internal static class ManifestInput
{
    /// <summary>The first path that leads nowhere, as a sentence; null if all of them are there.</summary>
    internal static string? Missing(IEnumerable<string> paths) =>
        paths.FirstOrDefault(static path => path != "-" && !Path.Exists(path)) is { } missing ? $"there is no {missing}" : null;

    /// <summary>Reads them once; what is wrong with one is a finding.</summary>
    internal static ClusterView ReadOnce(IReadOnlyList<string> paths, Terminal terminal) => ManifestWatcher.ReadOnce(paths, ReadOptions.Default, terminal.In);
}
