using System.Globalization;
using System.Net.Security;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>The certificates of one alias: the user's own, and leaves of the alias CAs.</summary>
internal sealed class AliasCertificates
{
    private static readonly IdnMapping idn = new();
    private readonly CertificateSubject subject;
    private readonly OwnCertificate? own;
    private readonly string? ownProblem;
    private readonly Lock issuing = new();
    private Leaf[] leaves = [];

    private AliasCertificates(CertificateSubject subject, OwnCertificate? own, string? ownProblem) => (this.subject, this.own, this.ownProblem) = (subject, own, ownProblem);

    internal static AliasCertificates Of(CertificateSubject subject, DateTimeOffset now)
    {
        string? why = null;
        return new AliasCertificates(subject, subject.Own is null ? null : OwnCertificate.Read(subject.Own, now, out why), why);
    }

    /// <summary>The same alias as it is declared now.</summary>
    internal AliasCertificates With(CertificateSubject changed, DateTimeOffset now)
    {
        if (changed == subject)
            return this;
        var next = Of(changed, now);
        // The last good one of a Secret that is broken now goes on serving.
        if (changed.Own is not null && next.own is null && own is not null)
            next = new AliasCertificates(changed, own, next.ownProblem);
        if (changed.Names == subject.Names && changed.Addresses == subject.Addresses)
            next.leaves = Volatile.Read(ref leaves);
        return next;
    }

    /// <summary>When there is something else to say about the user's own certificate.</summary>
    internal IEnumerable<DateTimeOffset> Times => own?.Times ?? [];

    internal IEnumerable<Finding> Findings(DateTimeOffset now)
    {
        if (subject.Own is null)
            return [];
        var why = ownProblem ?? own?.WhyNotNow(now);
        var findings = own is null || ownProblem is not null ? [] : own.Findings(subject, now);
        // What is not there is a finding of who looked for it.
        if (why is null || subject.Own.Missing is not null)
            return findings;
        var instead = own is not null && own.IsValid(now) ? "the one before it is served meanwhile" : "a certificate of the alias CA is served instead";
        return findings.Prepend(TlsFindingCodes.CertificateUnusable.On(subject.Declared, "", $"Secret {subject.Own.Secret.Namespace}/{subject.Own.Secret.Name}: {why}; {instead}",
            "put a certificate chain, leaf first, into tls.crt and its key into tls.key (kubectl create secret tls)", subject.Place));
    }

    /// <summary>What clients are shown that ask for a name that the user's own certificate covers, or for none.</summary>
    internal ShownCertificate Describe(AuthoritySet authorities, DateTimeOffset now)
    {
        var secret = subject.Own?.Secret;
        if (own is not null && own.IsValid(now))
            return new ShownCertificate(secret, own.Issuer, own.NotBefore, own.NotAfter, own.Missing(subject), ownProblem);
        var signer = authorities.Signer(null, now);
        var leaf = signer is null ? null : Find(signer);
        return new ShownCertificate(null, signer?.Certificate.Subject, leaf?.NotBefore, leaf?.NotAfter, [], ownProblem ?? own?.WhyNotNow(now));
    }

    internal SslServerAuthenticationOptions? Select(string? serverName, AuthoritySet authorities, DateTimeOffset now)
    {
        var name = Own(serverName);
        if (own is not null && own.IsValid(now) && (name is null || own.Covers(name.ToHostString())))
            return own.Options;
        return authorities.Signer(name, now) is { } signer ? LeafOf(signer, authorities, now).Options : null;
    }

    private DnsName? Own(string? serverName)
    {
        if (string.IsNullOrEmpty(serverName))
            return null;
        try
        {
            // The framework shows the name that a client sends as it would be written for people; names here are as they are on the wire.
            var text = Ascii.IsValid(serverName) ? serverName : idn.GetAscii(serverName);
            return DnsName.TryParse(text, out var name, out _) && subject.Names.Contains(name) ? name : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private Leaf LeafOf(Authority signer, AuthoritySet authorities, DateTimeOffset now)
    {
        var known = Find(signer);
        if (known is not null && known.IsFresh(now))
            return known;
        // One thread makes it; the others show what there is, as long as it is good.
        if (known is not null && known.IsValid(now))
        {
            if (!issuing.TryEnter())
                return known;
        }
        else
        {
            issuing.Enter();
        }

        try
        {
            known = Find(signer);
            if (known is not null && known.IsFresh(now))
                return known;
            var made = Leaf.Issue(signer, subject, now);
            Volatile.Write(ref leaves, [.. leaves.Where(leaf => leaf.Signer != signer && authorities.Authorities.Contains(leaf.Signer)), made]);
            return made;
        }
        finally
        {
            issuing.Exit();
        }
    }

    private Leaf? Find(Authority signer)
    {
        foreach (var leaf in Volatile.Read(ref leaves))
        {
            if (leaf.Signer == signer)
                return leaf;
        }

        return null;
    }
}
