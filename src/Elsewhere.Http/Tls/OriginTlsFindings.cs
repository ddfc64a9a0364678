using System.Runtime.CompilerServices;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>What is to be said about how TLS is spoken to origins.</summary>
public static class OriginTlsFindings
{
    // Settings stay the same object from snapshot to snapshot as long as their alias does: a bundle of hundreds of CAs is read once.
    private static readonly ConditionalWeakTable<OriginTls, OriginTlsClient> read = [];

    /// <summary>Of all aliases that the gateway serves, each origin once.</summary>
    public static IEnumerable<Finding> Of(AliasSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return
            from alias in snapshot.Aliases
            where alias.Gateway is not null
            from tls in alias.Gateway!.Ports.SelectMany(static port => port.Origins).Select(static origin => origin.Tls).OfType<OriginTls>().Distinct()
            where tls.CaCertificates is not null || tls.ClientCertificate is not null
            // That an object is not there follows from the snapshot, and is said there.
            where tls.CaCertificates?.Missing is null && tls.ClientCertificate?.Missing is null
            from finding in read.GetValue(tls, static settings => OriginTlsClient.Create(settings)).Findings(alias.Declared, "spec.origins", alias.Place)
            select finding;
    }
}
