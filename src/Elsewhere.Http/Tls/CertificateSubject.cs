using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>Whom a certificate for clients names: one alias.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Declared">The object that declares it, for findings.</param>
/// <param name="Names">Every name that it answers to.</param>
/// <param name="Addresses">Its service addresses.</param>
/// <param name="Own">The user's own certificate, or null.</param>
/// <param name="Place">Where it was declared.</param>
public sealed record CertificateSubject(
    ObjectKey Alias, ObjectRef Declared, Seq<DnsName> Names, Seq<IPAddress> Addresses, TlsCertificate? Own, SourcePlace? Place)
{
    /// <summary>Those of all aliases that the gateway serves.</summary>
    public static IReadOnlyCollection<CertificateSubject> Of(AliasSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.Aliases.Where(static alias => alias.Gateway is not null)
            .Select(alias => Of(alias, snapshot.ClusterDomain, alias.Gateway!.Hostnames, alias.Gateway.Certificate))];
    }

    /// <summary>
    /// With the four forms of an alias, <c>payments.shop.svc.cluster.local</c>, <c>payments.shop.svc</c>, <c>payments.shop</c> and <c>payments</c>, and more names.
    /// </summary>
    /// <param name="alias">The alias.</param>
    /// <param name="clusterDomain">The cluster's zone.</param>
    /// <param name="hostnames">Further names that it answers to.</param>
    /// <param name="own">The user's own certificate, or null.</param>
    public static CertificateSubject Of(Alias alias, DnsName clusterDomain, IEnumerable<DnsName> hostnames, TlsCertificate? own)
    {
        ArgumentNullException.ThrowIfNull(alias);
        ArgumentNullException.ThrowIfNull(clusterDomain);
        ArgumentNullException.ThrowIfNull(hostnames);
        var key = alias.Key;
        DnsName[] forms =
        [
            DnsName.Parse($"{key.Name}.{key.Namespace}.svc.{clusterDomain.ToHostString()}"),
            DnsName.Parse($"{key.Name}.{key.Namespace}.svc"),
            DnsName.Parse($"{key.Name}.{key.Namespace}"),
            DnsName.Parse(key.Name),
        ];
        return new CertificateSubject(key, alias.Declared, forms.Concat(hostnames).Distinct().ToSeq(), alias.ServiceAddresses, own, alias.Place);
    }
}
