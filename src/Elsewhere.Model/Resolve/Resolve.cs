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
        var last = RunMemory.Find(view, options);
        var facts = ClusterFacts.Gather(view, options, last?.Facts);
        var addresses = ServiceAddresses.Assign(facts, facts.Changes is null ? null : last!.Addresses);
        if (facts.Changes is null || !ReferenceEquals(addresses, last!.Addresses))
            last = null;
        var aliases = AliasBuilder.Build(facts, addresses, last?.Context.Aliases);
        var context = new CheckContext(facts, addresses, aliases, last?.Context.Hops);
        var findings = Checks.Run(context, last?.Said, out var said);
        RunMemory.Keep(new RunMemory(facts, addresses, context, said));
        return new AliasSnapshot(
            options.ClusterDomain,
            facts.Namespaces,
            Seq.Own(aliases),
            Seq.Own(facts.Slices),
            findings,
            addresses.Book,
            view.AliasPolicies.Select(static policy => policy with { Place = null }).ToSeq());
    }
}
