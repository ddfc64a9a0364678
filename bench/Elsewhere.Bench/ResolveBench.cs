using BenchmarkDotNet.Attributes;
using Elsewhere.Model;

namespace Elsewhere.Bench;

/// <summary>The whole rebuild after any change: view to snapshot, and the comparison that decides whether anything changed.</summary>
[MemoryDiagnoser]
public class ResolveBench
{
    private ClusterView view = ClusterView.Empty;
    private ClusterView same = ClusterView.Empty;
    private ResolveOptions options = Clusters.Options;
    private AliasSnapshot? snapshot;

    [Params(10, 1_000, 10_000)]
    public int Aliases { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        view = Clusters.View(Aliases);
        same = Clusters.View(Aliases);
        snapshot = Model.Resolve.Run(view, options);
        options = options with { Previous = snapshot.Addresses };
    }

    [Benchmark]
    public AliasSnapshot Resolve() => Model.Resolve.Run(view, options);

    [Benchmark]
    public bool ResolveAndCompare() => Model.Resolve.Run(same, options) == snapshot;
}
