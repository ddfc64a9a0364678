using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>
/// The alias CAs that are trusted at one time: usually one; two while one follows the other. Immutable: a change makes another set.
/// </summary>
public sealed class AuthoritySet
{
    /// <summary>
    /// How many there may be. Each namespace that is named like a domain of the internet may need a further one; the one that fills the last place permits every
    /// name, so that it is the last.
    /// </summary>
    public const int Limit = 8;

    private const string KeyLabel = "PRIVATE KEY", CertificateLabel = "CERTIFICATE";
    private readonly ImmutableArray<Authority> authorities;

    private AuthoritySet(ImmutableArray<Authority> authorities) => this.authorities = authorities;

    /// <summary>Without any.</summary>
    public static AuthoritySet Empty { get; } = new([]);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Authority> Authorities => authorities;

    /// <summary>Their certificates as PEM: what clients are to trust.</summary>
    public string Bundle => string.Concat(authorities.Select(static authority => authority.Certificate.ExportCertificatePem() + "\n"));

    /// <summary>Keys and certificates as PEM, to be kept where nobody else reads it.</summary>
    public SecretBytes ToPem() => SecretBytes.Of(string.Concat(authorities.Select(static authority => authority.ToPem())));

    /// <summary>Reads what <see cref="ToPem"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is something else, or was cut off.</exception>
    public static AuthoritySet FromPem(string pem)
    {
        var found = ImmutableArray.CreateBuilder<Authority>();
        string? key = null;
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var block = rest[fields.Location].ToString();
            switch (rest[fields.Label])
            {
                case KeyLabel when key is null:
                    key = block;
                    break;
                case CertificateLabel when key is not null:
                    found.Add(Authority.FromPem(key, block));
                    key = null;
                    break;
                default:
                    throw new CryptographicException("a key and its certificate do not follow each other");
            }

            rest = rest[fields.Location.End..];
        }

        if (key is not null || found.Count == 0 || !rest.IsWhiteSpace())
            throw new CryptographicException("it ends before its end");
        return new AuthoritySet(found.ToImmutable());
    }

    /// <summary>
    /// The set that is right at a time: without those that have expired, with a successor for one in the second half of its life, and with one that permits what
    /// is needed now. The set itself if it is right already.
    /// </summary>
    /// <param name="needed">What must be permitted.</param>
    /// <param name="now">The time.</param>
    public AuthoritySet Next(AuthorityScope needed, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(needed);
        var kept = authorities.RemoveAll(authority => authority.NotAfter <= now);
        if (kept.Any(authority => authority.IsValid(now) && now < authority.SuccessorFrom && authority.Scope.Covers(needed)))
            return kept.Length == authorities.Length ? this : new AuthoritySet(kept);
        // One that was not old enough to be followed was too narrow: what it has learnt to permit may be needed again.
        var wide = kept.Where(authority => authority.IsValid(now) && now < authority.SuccessorFrom).Aggregate(needed, static (scope, authority) => scope.Or(authority.Scope));
        if (kept.Length >= Limit - 1)
            wide = AuthorityScope.Anything;
        // Only clocks that go back and forth by years come here; the oldest is trusted least.
        return new AuthoritySet([.. kept.TakeLast(Limit - 1), Authority.Create(wide, now)]);
    }

    /// <summary>When there is something else to say about them.</summary>
    internal IEnumerable<DateTimeOffset> Times => authorities.SelectMany(static authority => (DateTimeOffset[])[authority.SuccessorFrom, authority.RetiredFrom, authority.NotAfter]);

    /// <summary>What whoever trusts them by hand has to know.</summary>
    internal IEnumerable<Finding> Findings(DateTimeOffset now)
    {
        for (var i = 0; i < authorities.Length - 1; i++)
        {
            var old = authorities[i];
            if (!old.IsValid(now) || now < old.SuccessorFrom)
                continue;
            var next = authorities[^1];
            yield return TlsFindingCodes.AliasCaFollowed.On(
                ObjectRef.None, "", $"{Name(old)} is followed by {Name(next)}, which {(now < old.RetiredFrom ? $"signs from {OwnCertificate.Time(old.RetiredFrom)} on" : "signs now")}",
                "start programs again that run since before, and give the new CA to those that were given the old one by hand: elsewhere ca", null);
        }
    }

    private static string Name(Authority authority) => authority.Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>
    /// Who signs for a name: the oldest that permits it and is not retired yet, since more clients trust that one; else the youngest that permits it. Null if none does.
    /// </summary>
    /// <param name="name">The name; null for what was dialled by address.</param>
    /// <param name="now">The time.</param>
    public Authority? Signer(DnsName? name, DateTimeOffset now)
    {
        Authority? youngest = null;
        foreach (var authority in authorities)
        {
            if (!authority.IsValid(now) || (name is not null && !authority.Scope.Permits(name)))
                continue;
            if (now < authority.RetiredFrom)
                return authority;
            youngest = authority;
        }

        return youngest;
    }
}
