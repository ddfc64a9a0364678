using System.Net;

namespace Elsewhere.Model;

/// <summary>All that was resolved, for those who judge it.</summary>
/// <param name="Facts">What was read, indexed.</param>
/// <param name="Addresses">Who has which address.</param>
/// <param name="Aliases">One per declaration, in the same order.</param>
/// <param name="KnownHops">What <see cref="Hops"/> are, if nothing changed that they depend on; null if that is not known.</param>
internal sealed record CheckContext(ClusterFacts Facts, ServiceAddresses Addresses, Alias[] Aliases, int[]? KnownHops)
{
    /// <summary>What is said about endpoints' addresses depends on these.</summary>
    public AddressFacts AddressFacts { get; } = new(Addresses.Book, Facts.Options.ServiceCidrs);

    /// <summary>The cluster's zone in lower case without a dot at its end.</summary>
    public string Zone { get; } = ZoneText(Facts);

    /// <summary>How many CNAMEs there are from each alias on; empty if no name of this cluster points to another.</summary>
    public int[] Hops { get; } = KnownHops ?? NameChains.Follow(Facts, Aliases);

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
    /// <summary>All that there is to say.</summary>
    /// <param name="context">What was resolved.</param>
    /// <param name="last">What was said of the same objects but for slices; null if that is not known.</param>
    /// <param name="said">What is said now.</param>
    public static Seq<Finding> Run(CheckContext context, SaidByPlace? last, out SaidByPlace said)
    {
        var findings = new List<Finding>(context.Facts.View.Findings.Count + context.Facts.Mirrors.Length);
        foreach (var finding in context.Facts.View.Findings)
            findings.Add(finding);
        NamespaceCheck.Run(context, findings);
        PolicyCheck.Run(context, findings);
        var ofDeclarations = last is null ? new Finding[context.Aliases.Length][] : [.. last.OfDeclarations];
        var one = new List<Finding>();
        for (var i = 0; i < ofDeclarations.Length; i++)
        {
            if (last is null || context.Facts.Changes!.Touched.Contains(i))
            {
                one.Clear();
                Judge(context, i, one);
                ofDeclarations[i] = [.. one];
            }

            if (ofDeclarations[i].Length > 0)
                findings.AddRange(ofDeclarations[i]);
        }

        AliasCheck.Shadowed(context, findings);
        EndpointsCheck.Run(context, findings);
        var ofSlices = SliceCheck.Run(context, last?.OfSlices, findings);
        said = new(ofDeclarations, ofSlices, SliceCheck.Twice(context, last?.Twice, findings));
        return findings.ToSeq();
    }

    private static void Judge(CheckContext context, int index, List<Finding> findings)
    {
        var declaration = context.Facts.Declarations[index];
        AddressCheck.Run(context, index, findings);
        if (declaration.Service is { } service)
            ServiceCheck.Run(context, service, index, findings);
        else
            AliasCheck.Run(context, declaration.Resource!, index, findings);
        NameChains.Report(context, index, findings);
    }
}
