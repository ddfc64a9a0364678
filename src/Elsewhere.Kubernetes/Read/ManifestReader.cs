using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>Manifests to a typed view: parse, decode strictly, default, validate as the API server does. Pure; any bytes give a view and findings.</summary>
public static class ManifestReader
{
    /// <summary>Reads all sources.</summary>
    /// <param name="sources">The files; where two hold the same object, the first one wins.</param>
    /// <param name="options">How they are read.</param>
    public static ClusterView Read(IReadOnlyList<ManifestSource> sources, ReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        var contents = new ManifestContent[sources.Count];
        if (sources.Count < 8)
        {
            for (var i = 0; i < contents.Length; i++)
                contents[i] = ManifestFile.Read(sources[i], options);
        }
        else
        {
            Parallel.For(0, contents.Length, i => contents[i] = ManifestFile.Read(sources[i], options));
        }

        return new ViewMerge().Merge(contents);
    }
}
