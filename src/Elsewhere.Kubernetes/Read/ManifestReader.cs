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

        return Merge(contents);
    }

    /// <summary>The files' contents as one view; the first of two equal objects wins.</summary>
    internal static ClusterView Merge(IReadOnlyList<ManifestContent> contents)
    {
        var winners = new Dictionary<(string Kind, ObjectKey Key), ManifestObject>();
        var findings = new List<Finding>();
        var views = new List<object>();
        foreach (var content in contents)
        {
            findings.AddRange(content.Findings);
            foreach (var found in content.Objects)
            {
                if (!winners.TryAdd((found.Kind, found.Key), found))
                    findings.Add(KubernetesFindings.Duplicate(found, winners[(found.Kind, found.Key)].Place));
                else if (found.View is not null)
                    views.Add(found.View);
            }
        }

        return new ClusterView(
            Sorted<NamespaceView>(views, static (a, b) => string.CompareOrdinal(a.Name, b.Name)),
            Sorted<ServiceView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            Sorted<EndpointsView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            Sorted<EndpointSliceView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            Sorted<AliasView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            findings.ToSeq(),
            Sorted<SecretView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            Sorted<ConfigMapView>(views, static (a, b) => a.Key.CompareTo(b.Key)),
            Sorted<AliasPolicyView>(views, static (a, b) => string.CompareOrdinal(a.Name, b.Name)));
    }

    private static Seq<T> Sorted<T>(List<object> views, Comparison<T> order)
    {
        var some = new List<T>();
        foreach (var view in views)
        {
            if (view is T typed)
                some.Add(typed);
        }

        some.Sort(order);
        return some.ToSeq();
    }
}
