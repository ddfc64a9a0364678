namespace Elsewhere.Model;

/// <summary>
/// What was read becomes what is served. Pure and total: no input or output, no clock, every view has a snapshot, equal input makes an equal snapshot in
/// whatever order the objects come.
/// </summary>
public static class Resolve
{
    /// <summary>
    /// The snapshot of a view. Endpoints become EndpointSlices as Kubernetes' mirroring controller makes them, ports are joined to endpoints as kube-proxy
    /// does, and addresses are given so that nobody loses the one it had in <see cref="ResolveOptions.Previous"/>.
    /// </summary>
    /// <param name="view">Everything that was read.</param>
    /// <param name="options">The cluster's domain, the ranges of service addresses, and who had which.</param>
    /// <returns>Every alias, whatever is wrong with another; what is wrong is in its findings.</returns>
    public static AliasSnapshot Run(ClusterView view, ResolveOptions options)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(options);
        var facts = ClusterFacts.Gather(view, options);
        var addresses = ServiceAddresses.Assign(facts);
        var aliases = AliasBuilder.Build(facts, addresses);
        return new AliasSnapshot(
            options.ClusterDomain,
            facts.Namespaces,
            Seq.Own(aliases),
            Seq.Own(facts.Slices),
            Checks.Run(new CheckContext(facts, addresses, aliases)),
            addresses.Book,
            view.AliasPolicies.Select(static policy => policy with { Place = null }).ToSeq());
    }
}
