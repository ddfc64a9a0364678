using System.Runtime.CompilerServices;

namespace Elsewhere.Model;

/// <summary>
/// What a run found out, kept for the next run over the same objects but for EndpointSlices, which change the most often by far: then only the slices that are
/// others and the Services that they belong to are looked at again. It never changes a result.
/// </summary>
/// <param name="Facts">What was read.</param>
/// <param name="Addresses">Who had which address.</param>
/// <param name="Context">What was resolved.</param>
/// <param name="Said">What was said.</param>
internal sealed record RunMemory(ClusterFacts Facts, ServiceAddresses Addresses, CheckContext Context, SaidByPlace Said)
{
    private static readonly ConditionalWeakTable<ServiceView[], RunMemory> Runs = [];

    /// <summary>The memory of a run over the same objects but for slices; null if there is none.</summary>
    public static RunMemory? Find(ClusterView view, ResolveOptions options) =>
        Runs.TryGetValue(Seq.Lend(view.Services), out var last) && Suits(last.Facts.View, view) && Suits(last.Facts.Options, options) ? last : null;

    /// <summary>Keeps a run for the next one, for as long as its Services are.</summary>
    public static void Keep(RunMemory run)
    {
        // An empty array is one and the same for everybody.
        if (!run.Facts.View.Services.IsEmpty)
            Runs.AddOrUpdate(Seq.Lend(run.Facts.View.Services), run);
    }

    private static bool Suits(ClusterView last, ClusterView now) =>
        last.Namespaces.Is(now.Namespaces) && last.Endpoints.Is(now.Endpoints) && last.Aliases.Is(now.Aliases) && last.Secrets.Is(now.Secrets)
        && last.ConfigMaps.Is(now.ConfigMaps) && last.AliasPolicies.Is(now.AliasPolicies);

    private static bool Suits(ResolveOptions last, ResolveOptions now) =>
        last.ClusterDomain == now.ClusterDomain && last.ServiceCidrs == now.ServiceCidrs && last.GatewayForAll == now.GatewayForAll;
}

/// <summary>What was said, by what it was said of.</summary>
/// <param name="OfDeclarations">Of each declaration.</param>
/// <param name="OfSlices">Of each written slice.</param>
/// <param name="Twice">Of each declaration: that an endpoint of it is listed twice; null where none is.</param>
internal sealed record SaidByPlace(Finding[][] OfDeclarations, Finding[][] OfSlices, Finding?[] Twice);

/// <summary>Where the slices of one run are among those of the run before.</summary>
/// <param name="Places">Of each slice the index that it had before; -1 if it is another one.</param>
/// <param name="Gone">The former indices of those that are there no more.</param>
internal sealed record KeptSlices(int[] Places, List<int> Gone)
{
    /// <summary>Compares two sequences by reference.</summary>
    /// <param name="before">The former, sorted by key.</param>
    /// <param name="now">The later.</param>
    /// <returns>Null if the later is not sorted.</returns>
    public static KeptSlices? Of(EndpointSliceView[] before, EndpointSliceView[] now)
    {
        var (places, gone) = (new int[now.Length], new List<int>());
        var at = 0;
        for (var i = 0; i < now.Length; i++)
        {
            while (at < before.Length && !ReferenceEquals(before[at], now[i]) && before[at].Key <= now[i].Key)
                gone.Add(at++);
            places[i] = at < before.Length && ReferenceEquals(before[at], now[i]) ? at++ : -1;
            var areNeighbours = i == 0 || (places[i] >= 0 && places[i - 1] == places[i] - 1);
            if (!areNeighbours && now[i - 1].Key > now[i].Key)
                return null;
        }

        while (at < before.Length)
            gone.Add(at++);
        return new(places, gone);
    }
}
