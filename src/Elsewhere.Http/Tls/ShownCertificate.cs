using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>The certificate that clients of an alias are shown. Nothing of its key is here.</summary>
/// <param name="Secret">The Secret of the user's own certificate; null for one of the alias CA.</param>
/// <param name="Issuer">Who has issued it, as a distinguished name; null if there is no CA yet.</param>
/// <param name="NotBefore">When it begins to be valid; null if it is made when it is first asked for.</param>
/// <param name="NotAfter">When it ends; null if it is made when it is first asked for.</param>
/// <param name="NotNamed">Names of the alias that it does not have: for those one of the alias CA is shown.</param>
/// <param name="Problem">Why the user's own certificate is not what the Secret holds now; null if it is, or if none is named.</param>
public sealed record ShownCertificate(ObjectKey? Secret, string? Issuer, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, Seq<string> NotNamed, string? Problem)
{
    /// <summary>What would be shown by who starts now.</summary>
    /// <param name="subject">The alias.</param>
    /// <param name="now">The time.</param>
    public static ShownCertificate Of(CertificateSubject subject, DateTimeOffset now) => AliasCertificates.Of(subject, now).Describe(AuthoritySet.Empty, now);

    /// <summary>What is wrong with the users' own certificates in a snapshot, for who serves nothing.</summary>
    /// <param name="snapshot">The aliases.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<Finding> Findings(AliasSnapshot snapshot, DateTimeOffset now) =>
        CertificateSubject.Of(snapshot).Where(static subject => subject.Own is not null).SelectMany(subject => AliasCertificates.Of(subject, now).Findings(now));
}
