using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Resolves one family of one name, through the cluster's own names and the outside.</summary>
internal static class OriginQuery
{
    private const int MaxSteps = 8;

    /// <summary>One attempt; never throws but for cancellation.</summary>
    public static async Task<FamilyAnswer> ResolveAsync(
        UpstreamResolver resolver, DnsName name, ushort type, bool pastCache, OriginTrackerOptions options, CancellationToken cancellation)
    {
        TimeSpan? ttl = null;
        for (var step = 0; step < MaxSteps; step++)
        {
            if (options.Local(name) is { } local)
            {
                ttl = Least(ttl, options.MinTtl);
                if (local.Target is { } target)
                {
                    name = target;
                    continue;
                }

                return OfLocal(local, type, ttl);
            }

            var reply = await resolver.QueryFreshAsync(name, type, pastCache, cancellation).ConfigureAwait(false);
            var answer = OfReply(reply, type, ref ttl, out var open);
            if (open is null || options.Local(open) is null)
                return answer;
            name = open;
        }

        return new FamilyAnswer(FamilyOutcome.BrokenChain, [], Ttl: null);
    }

    private static FamilyAnswer OfLocal(LocalName local, ushort type, TimeSpan? ttl)
    {
        if (local.Addresses.IsEmpty)
            return new FamilyAnswer(FamilyOutcome.NoName, [], ttl);
        var octets = type == RecordType.A ? 4 : 16;
        var matching = local.Addresses.Where(address => address.GetAddressBytes().Length == octets).ToSeq();
        return new FamilyAnswer(matching.IsEmpty ? FamilyOutcome.NoData : FamilyOutcome.Addresses, matching, ttl);
    }

    // open: where a chain of CNAMEs breaks off without an address.
    private static FamilyAnswer OfReply(UpstreamReply? reply, ushort type, ref TimeSpan? ttl, out DnsName? open)
    {
        open = null;
        if (reply is null)
            return new FamilyAnswer(FamilyOutcome.NoAnswer, [], Ttl: null);
        if (reply.Rcode is not (Rcode.NoError or Rcode.NXDomain))
            return new FamilyAnswer(reply.Answer.IsEmpty ? FamilyOutcome.ServerError : FamilyOutcome.BrokenChain, [], Ttl: null);
        var addresses = new List<IPAddress>();
        foreach (var record in reply.Answer)
        {
            ttl = Least(ttl, TimeSpan.FromSeconds(record.Ttl));
            if (record.Type == type)
                addresses.Add(new IPAddress(record.Rdata.Span));
            else if (record.Type == RecordType.Cname)
                open = ReplyFilter.Target(record);
        }

        if (addresses.Count > 0)
        {
            open = null;
            return new FamilyAnswer(FamilyOutcome.Addresses, addresses.ToSeq(), ttl);
        }

        TimeSpan? denial = null;
        foreach (var record in reply.Authority)
        {
            if (record.Type == RecordType.Soa)
                denial = Least(ttl, TimeSpan.FromSeconds(record.Ttl));
        }

        return new FamilyAnswer(reply.Rcode == Rcode.NXDomain ? FamilyOutcome.NoName : FamilyOutcome.NoData, [], denial);
    }

    private static TimeSpan Least(TimeSpan? known, TimeSpan other) => known is { } ttl && ttl < other ? ttl : other;
}
