using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>
/// What an alias CA may vouch for: its name constraints (RFC 5280 section 4.2.1.10). The short forms of an alias (<c>payments</c>, <c>payments.shop</c>) have no
/// common suffix that could be permitted, so names are constrained the other way round: the domains of the internet are excluded, except those that a namespace,
/// an alias or one of <c>hostnames</c> is named like. Addresses are constrained to the service ranges.
/// </summary>
/// <param name="Ranges">The addresses that are permitted; none besides.</param>
/// <param name="Excluded">Top-level domains, in lower case and sorted, below which no name is permitted.</param>
public sealed record AuthorityScope(Seq<Cidr> Ranges, Seq<string> Excluded)
{
    private const string Oid = "2.5.29.30";
    private static readonly Asn1Tag permittedTag = new(TagClass.ContextSpecific, 0), excludedTag = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag dnsTag = new(TagClass.ContextSpecific, 2), addressTag = new(TagClass.ContextSpecific, 7);

    private readonly FrozenSet<string> excluded = Excluded.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every name and every address.</summary>
    public static AuthorityScope Anything { get; } = new([Cidr.Parse("0.0.0.0/0"), Cidr.Parse("::/0")], []);

    /// <summary>The narrowest one for some names and addresses.</summary>
    /// <param name="ranges">The service ranges.</param>
    /// <param name="names">Names that must be permitted.</param>
    /// <param name="addresses">Addresses that must be permitted; those outside of the ranges are added one by one.</param>
    public static AuthorityScope For(Seq<Cidr> ranges, IEnumerable<DnsName> names, IEnumerable<IPAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(addresses);
        var used = names.Select(TopLevel).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var outside = addresses.Where(address => !ranges.Any(range => range.Contains(address)))
            .Select(static address => new Cidr(address, address.GetAddressBytes().Length * 8));
        return new AuthorityScope(
            ranges.Concat(outside).Distinct().ToSeq(),
            TopLevelDomains.DialledDaily.Where(domain => !used.Contains(domain)).Order(StringComparer.Ordinal).ToSeq());
    }

    /// <summary>Whether a name may be vouched for.</summary>
    public bool Permits(DnsName name) => excluded.Count == 0 || !excluded.Contains(TopLevel(name));

    /// <summary>Whether an address may be vouched for.</summary>
    public bool Permits(IPAddress address)
    {
        foreach (var range in Ranges)
        {
            if (range.Contains(address))
                return true;
        }

        return false;
    }

    /// <summary>What both permit, together.</summary>
    public AuthorityScope Or(AuthorityScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new AuthorityScope(Ranges.Concat(other.Ranges).Distinct().ToSeq(), Excluded.Where(other.excluded.Contains).ToSeq());
    }

    /// <summary>Whether everything that the other one permits is permitted.</summary>
    public bool Covers(AuthorityScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return excluded.IsSubsetOf(other.excluded) && other.Ranges.All(range => Ranges.Any(own => own.PrefixLength <= range.PrefixLength && own.Contains(range.Network)));
    }

    /// <summary>The critical extension that says so.</summary>
    internal X509Extension Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(permittedTag))
            {
                foreach (var range in Ranges)
                {
                    using (writer.PushSequence())
                        writer.WriteOctetString(AddressAndMask(range), addressTag);
                }
            }

            if (!Excluded.IsEmpty)
            {
                using (writer.PushSequence(excludedTag))
                {
                    foreach (var domain in Excluded)
                    {
                        using (writer.PushSequence())
                            writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, dnsTag);
                    }
                }
            }
        }

        return new X509Extension(Oid, writer.Encode(), critical: true);
    }

    /// <summary>Reads the name constraints of an alias CA; null if it has none.</summary>
    /// <exception cref="AsnContentException">They are of another form than ours.</exception>
    public static AuthorityScope? Decode(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.Extensions[Oid] is not { } extension)
            return null;
        var ranges = new List<Cidr>();
        var domains = new List<string>();
        var constraints = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        var permitted = constraints.ReadSequence(permittedTag);
        while (permitted.HasData)
            ranges.Add(ToRange(permitted.ReadSequence().ReadOctetString(addressTag)));
        if (constraints.HasData)
        {
            var refused = constraints.ReadSequence(excludedTag);
            while (refused.HasData)
                domains.Add(refused.ReadSequence().ReadCharacterString(UniversalTagNumber.IA5String, dnsTag));
        }

        return new AuthorityScope(ranges.ToSeq(), domains.ToSeq());
    }

    private static string TopLevel(DnsName name) => name.IsRoot ? "" : name.Labels()[^1];

    private static byte[] AddressAndMask(Cidr range)
    {
        var address = range.Network.GetAddressBytes();
        var encoded = new byte[address.Length * 2];
        address.CopyTo(encoded, 0);
        for (var bit = 0; bit < range.PrefixLength; bit++)
            encoded[address.Length + (bit / 8)] |= (byte)(0x80 >> (bit % 8));
        return encoded;
    }

    private static Cidr ToRange(byte[] encoded)
    {
        if (encoded.Length is not (8 or 32))
            throw new AsnContentException($"an address range of {encoded.Length} octets");
        var half = encoded.Length / 2;
        return new Cidr(new IPAddress(encoded.AsSpan(0, half)), encoded.AsSpan(half).ToArray().Sum(static octet => System.Numerics.BitOperations.PopCount(octet)));
    }
}
