using System.Net;
using System.Runtime.CompilerServices;

namespace Elsewhere.Model;

/// <summary>
/// The addresses that one object leads to. Of each kind of trouble the first address is named and the others are counted: a thousand endpoints in one range are
/// one mistake.
/// </summary>
internal sealed class OriginAddressCheck(CheckContext context)
{
    private static readonly Cidr[] Documentation =
        [.. new[] { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20" }.Select(Cidr.Parse)];

    // Nearly every object was judged before, and there is the same to say about it.
    private static readonly ConditionalWeakTable<object, AddressFinding> Said = [];

    private readonly List<AddressTrouble> seen = [];

    /// <summary>Whether there is something to say.</summary>
    public bool Any => seen.Count > 0;

    /// <summary>Looks at one address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="state">Where it stands.</param>
    /// <param name="field">Makes the field's path; called only if there is something to say.</param>
    public void Add<TState>(IPAddress address, TState state, Func<TState, string> field)
    {
        if (Judge(address, out var owner) is not { } code)
            return;
        var index = seen.FindIndex(s => s.Code == code);
        if (index < 0)
            seen.Add(new(code, address, field(state), owner, 1));
        else
            seen[index] = seen[index] with { Count = seen[index].Count + 1 };
    }

    /// <summary>Says what was seen, and begins the next object.</summary>
    /// <param name="source">The view that the addresses are from.</param>
    /// <param name="about">The object.</param>
    /// <param name="place">Where it was written.</param>
    /// <param name="findings">Gets what there is to say.</param>
    public void Report(object source, ObjectRef about, SourcePlace? place, List<Finding> findings)
    {
        if (seen.Count == 1 && Said.TryGetValue(source, out var said) && said.Trouble == seen[0])
        {
            findings.Add(said.Finding);
            seen.Clear();
            return;
        }

        foreach (var trouble in seen)
        {
            var (message, remedy) = Describe(trouble.Code, trouble.First, trouble.Owner);
            var more = trouble.Count > 1 ? $" ({trouble.Count - 1} more like it)" : "";
            findings.Add(trouble.Code.On(about, trouble.Field, message + more, remedy, place));
        }

        if (seen.Count == 1)
            Said.AddOrUpdate(source, new(seen[0], findings[^1]));
        seen.Clear();
    }

    private FindingCode? Judge(IPAddress address, out string owner)
    {
        owner = "";
        switch (DialGuard.Check(address, DialPolicy.OneMachine))
        {
            case DialVerdict.Metadata:
                return FindingCodes.EndpointMetadataAddress;
            case DialVerdict.Unspecified or DialVerdict.LinkLocal or DialVerdict.Multicast or DialVerdict.Reserved:
                return FindingCodes.EndpointNotDialled;
            case DialVerdict.Allowed or DialVerdict.Loopback or DialVerdict.Private or DialVerdict.Denied:
                break;
        }

        if (context.OwnerOf(address) is { } key)
        {
            owner = key.ToString();
            return FindingCodes.EndpointIsServiceAddress;
        }

        if (context.RangeOf(address) is { } range)
        {
            owner = range.ToString();
            return FindingCodes.EndpointInServiceRange;
        }

        foreach (var documentation in Documentation)
        {
            if (MayBeIn(address, documentation) && documentation.Contains(address))
                return FindingCodes.EndpointDocumentationAddress;
        }

        return null;
    }

    // Compares the first octet before the arithmetic on big numbers: nearly every address stops here.
    private static bool MayBeIn(IPAddress address, Cidr range)
    {
        if (address.AddressFamily != range.Family)
            return false;
        Span<byte> octets = stackalloc byte[16], network = stackalloc byte[16];
        return address.TryWriteBytes(octets, out _) && range.Network.TryWriteBytes(network, out _) && octets[0] == network[0];
    }

    private static (string Message, string Remedy) Describe(FindingCode code, IPAddress address, string owner)
    {
        if (code == FindingCodes.EndpointMetadataAddress)
        {
            return (
                $"{address} is a cloud's metadata service: whoever can dial the alias could ask it for the machine's credentials. It is never dialled here",
                "Remove the address.");
        }

        if (code == FindingCodes.EndpointNotDialled)
            return ($"{address} {DialGuard.Explain(DialGuard.Check(address, DialPolicy.OneMachine))}", "Write the origin's own address.");
        if (code == FindingCodes.EndpointIsServiceAddress)
        {
            return (
                $"{address} is the service address of {owner}: kube-proxy does not follow one Service into another, so a cluster drops such connections",
                $"List the endpoints of {owner} themselves, or let clients dial {owner}.");
        }

        if (code == FindingCodes.EndpointInServiceRange)
        {
            return (
                $"{address} lies in {owner}, the range of service addresses: nobody has it today, and any Service may get it tomorrow",
                "Write the origin's own address, or take another range with --service-cidr.");
        }

        return ($"{address} is reserved for documentation (RFC 5737, RFC 3849, RFC 9637): nothing on the internet has it", "Write the origin's own address.");
    }

    /// <summary>One kind of trouble of one object.</summary>
    private sealed record AddressTrouble(FindingCode Code, IPAddress First, string Field, string Owner, int Count);

    /// <summary>What was said about it.</summary>
    private sealed record AddressFinding(AddressTrouble Trouble, Finding Finding);
}
