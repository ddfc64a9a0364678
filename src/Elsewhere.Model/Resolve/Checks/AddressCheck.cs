using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>The service addresses of one declaration.</summary>
internal static class AddressCheck
{
    public static void Run(CheckContext context, int index, List<Finding> findings)
    {
        var (start, count) = context.Addresses.WishesOf(index).GetOffsetAndLength(context.Addresses.Wishes.Length);
        for (var i = start; i < start + count; i++)
        {
            var wish = context.Addresses.Wishes[i];
            var grant = context.Addresses.Grants[i];
            if (grant.Outcome != AddressOutcome.Given || wish.Asked is not null)
                Judge(context, context.Facts.Declarations[index], wish, grant, findings);
        }
    }

    private static void Judge(CheckContext context, Declaration declaration, AddressWish wish, AddressGrant grant, List<Finding> findings)
    {
        var family = wish.Family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        var field = FieldOf(declaration, wish.Asked);
        switch (grant.Outcome)
        {
            case AddressOutcome.Open:
                break;
            case AddressOutcome.Given:
                JudgeAsked(context, declaration, wish.Asked!, field, findings);
                break;
            case AddressOutcome.Taken:
                Add(
                    FindingCodes.ServiceAddressTaken,
                    $"{wish.Asked} belongs to {context.KeyOfWish(grant.Holder)}, so {declaration.Key} has no {family} address; a cluster would refuse the object",
                    "Remove clusterIP, so that a free address is chosen, or write another one.");
                break;
            case AddressOutcome.Unusable:
                Add(
                    FindingCodes.ServiceAddressUnusable,
                    $"{wish.Asked} {DialGuard.Explain(DialGuard.Check(wish.Asked!, DialPolicy.OneMachine))}: no Service can have it",
                    "Remove clusterIP, so that a free address is chosen.");
                break;
            case AddressOutcome.Exhausted:
                var range = context.Facts.Ranges[wish.Family == AddressFamily.InterNetwork ? 0 : 1]!;
                Add(
                    FindingCodes.ServiceRangeExhausted,
                    $"all {range.Usable} addresses of {range.Cidr} are given out, so {declaration.Key} has no {family} address",
                    $"Take a larger range: --service-cidr {(wish.Family == AddressFamily.InterNetwork ? "127.96.0.0/12" : "fd00:10:96::/108")}");
                break;
            case AddressOutcome.NoRange:
                Add(
                    FindingCodes.ServiceFamilyMissing,
                    $"{declaration.Key} needs an {family} address, and there is no range of such addresses; a cluster without one would refuse the object",
                    $"Add a range: --service-cidr {WithBoth(context, wish.Family)}");
                break;
        }

        void Add(FindingCode code, string message, string remedy) =>
            findings.Add(code.On(declaration.Object, field, message, remedy, declaration.Place));
    }

    private static void JudgeAsked(CheckContext context, Declaration declaration, IPAddress asked, string field, List<Finding> findings)
    {
        var number = ServiceRange.ToNumber(asked);
        var range = Array.Find(context.Facts.Ranges, range => range?.Contains(number) == true);
        if (range is not null && number == range.DnsAddress)
        {
            findings.Add(FindingCodes.ServiceAddressIsDns.On(
                declaration.Object, field, $"{asked} is the tenth address of {range.Cidr}, which cluster DNS answers at: port 53 there is never relayed",
                "Remove clusterIP, so that a free address is chosen, unless this Service stands for cluster DNS itself.", declaration.Place));
        }

        if (range is null && !IPAddress.IsLoopback(asked))
        {
            var length = asked.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
            findings.Add(FindingCodes.ServiceAddressOutsideRange.On(
                declaration.Object,
                field,
                $"{asked} lies in no range of service addresses here; DNS answers with it, but its ports are relayed only if this machine has the address",
                $"Remove clusterIP, or give the address to this machine: sudo ip address add {asked}/{length} dev lo",
                declaration.Place));
        }
    }

    private static string FieldOf(Declaration declaration, IPAddress? asked)
    {
        if (declaration.Service is not { } service)
            return "";
        for (var i = 0; i < service.ClusterIPs.Count; i++)
        {
            if (service.ClusterIPs[i].Equals(asked))
                return $"spec.clusterIPs[{i}]";
        }

        return !service.IPFamilies.IsEmpty ? "spec.ipFamilies" : service.IPFamilyPolicy is not null ? "spec.ipFamilyPolicy" : "spec.clusterIP";
    }

    private static string WithBoth(CheckContext context, AddressFamily missing)
    {
        var added = missing == AddressFamily.InterNetwork ? "127.96.0.0/16" : "fd00:10:96::/112";
        return string.Join(',', context.Facts.Options.ServiceCidrs.Select(c => c.ToString()).Append(added));
    }
}
