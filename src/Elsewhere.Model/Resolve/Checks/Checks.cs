using System.Net;

namespace Elsewhere.Model;

/// <summary>All that was resolved, for those who judge it.</summary>
/// <param name="Facts">What was read, indexed.</param>
/// <param name="Addresses">Who has which address.</param>
/// <param name="Aliases">One per declaration, in the same order.</param>
internal sealed record CheckContext(ClusterFacts Facts, ServiceAddresses Addresses, Alias[] Aliases)
{
    /// <summary>What is said about endpoints' addresses depends on these.</summary>
    public AddressFacts AddressFacts { get; } = new(Addresses.Book, Facts.Options.ServiceCidrs);

    /// <summary>The cluster's zone in lower case without a dot at its end.</summary>
    public string Zone { get; } = ZoneText(Facts);

    /// <summary>How many CNAMEs there are from each alias on; empty if no name of this cluster points to another.</summary>
    public int[] Hops { get; } = NameChains.Follow(Facts, Aliases);

    /// <summary>Who has a service address, or null.</summary>
    public ObjectKey? OwnerOf(IPAddress address) =>
        Addresses.Holders.TryGetValue(ServiceRange.ToNumber(address), out var wish) ? KeyOfWish(wish) : null;

    public ObjectKey KeyOfWish(int wish) => Facts.Declarations[Addresses.Wishes[wish].Declaration].Key;

    /// <summary>The range of service addresses that an address lies in, or null.</summary>
    public Cidr? RangeOf(IPAddress address)
    {
        var number = ServiceRange.ToNumber(address);
        foreach (var range in Facts.Ranges)
        {
            if (range?.Contains(number) == true)
                return range.Cidr;
        }

        return null;
    }

    public static string ZoneText(ClusterFacts facts) => facts.Options.ClusterDomain.ToHostString().ToLowerInvariant();
}

/// <summary>Finds what Kubernetes accepts although it does not do what was meant. Every check is pure; together they are linear in the view.</summary>
internal static class Checks
{
    public static Seq<Finding> Run(CheckContext context)
    {
        var findings = new List<Finding>(context.Facts.View.Findings.Count + context.Facts.Mirrors.Length);
        foreach (var finding in context.Facts.View.Findings)
            findings.Add(finding);
        NamespaceCheck.Run(context, findings);
        PolicyCheck.Run(context, findings);
        for (var i = 0; i < context.Aliases.Length; i++)
        {
            var declaration = context.Facts.Declarations[i];
            AddressCheck.Run(context, i, findings);
            if (declaration.Service is { } service)
                ServiceCheck.Run(context, service, i, findings);
            else
                AliasCheck.Run(context, declaration.Resource!, i, findings);
            NameChains.Report(context, i, findings);
        }

        AliasCheck.Shadowed(context, findings);
        EndpointsCheck.Run(context, findings);
        SliceCheck.Run(context, findings);
        return findings.ToSeq();
    }
}
