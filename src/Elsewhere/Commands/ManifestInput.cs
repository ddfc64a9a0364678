using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Commands;

/// <summary>The manifests that a command line names, read once.</summary>
internal static class ManifestInput
{
    /// <summary>Reads files, the manifests below directories, and <c>-</c> for standard input.</summary>
    /// <param name="paths">As typed.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="sources">The files in the order of the paths, those of a directory by name; none twice.</param>
    /// <returns>Why it cannot be done, as a sentence; null if it was.</returns>
    internal static string? TryRead(IReadOnlyList<string> paths, Stream input, out IReadOnlyList<ManifestSource> sources)
    {
        var found = new List<ManifestSource>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        sources = found;
        foreach (var path in paths)
        {
            try
            {
                if (path == "-")
                {
                    using var content = new MemoryStream();
                    input.CopyTo(content);
                    found.Add(new ManifestSource("-", content.ToArray()));
                    continue;
                }

                if (!Path.Exists(path))
                    return $"there is no {path}";
                foreach (var file in Directory.Exists(path) ? ManifestsBelow(path) : [path])
                {
                    if (seen.Add(Path.GetFullPath(file)))
                        found.Add(new ManifestSource(file, File.ReadAllBytes(file)));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return $"{path} cannot be read: {e.Message}";
            }
        }

        return null;
    }

    // Names with a leading dot are editors' and kubelet's own (..data).
    private static IEnumerable<string> ManifestsBelow(string directory) =>
        Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json"
                && !Path.GetRelativePath(directory, file).Split(Path.DirectorySeparatorChar).Any(static part => part.StartsWith('.')))
            .Order(StringComparer.Ordinal);
}
