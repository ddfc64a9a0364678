using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Tls;

public sealed class AuthoritySpecs
{
    [Fact]
    public void One_that_is_followed_is_told_from_half_of_its_life_until_its_end_and_when_that_changes()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var scope = AuthorityScope.For(TlsKit.Ranges, [], []);
        var one = AuthoritySet.Empty.Next(scope, start);
        var old = one.Authorities[0];
        Assert.Empty(one.Findings(old.SuccessorFrom));
        var both = one.Next(scope, old.SuccessorFrom);

        Assert.Equal(2, both.Authorities.Count);
        Assert.Empty(both.Findings(old.SuccessorFrom - TimeSpan.FromSeconds(1)));
        var finding = Assert.Single(both.Findings(old.SuccessorFrom));
        Assert.Equal("alias-ca-followed", finding.Code);
        Assert.Contains("signs from ", finding.Message, StringComparison.Ordinal);
        Assert.EndsWith("signs now", Assert.Single(both.Findings(old.RetiredFrom)).Message, StringComparison.Ordinal);
        Assert.Empty(both.Findings(old.NotAfter));
        Assert.Equal([old.SuccessorFrom, old.RetiredFrom, old.NotAfter], both.Times.Take(3));
    }

    private static readonly DateTimeOffset now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AuthorityScope plain = AuthorityScope.For(TlsKit.Ranges, TlsKit.Subject().Names, []);

    [Fact]
    public void A_ca_signs_servers_and_nothing_else()
    {
        var certificate = Authority.Create(plain, now).Certificate;

        var basic = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        Assert.True(basic is { CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0, Critical: true });
        Assert.Equal(["1.3.6.1.5.5.7.3.1"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(static usage => usage.Value));
        Assert.Equal(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        Assert.Equal("ECDSA_P256", certificate.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.FriendlyName);
        Assert.True(certificate.Extensions["2.5.29.30"]!.Critical);
    }

    [Theory]
    [InlineData("payments.shop.svc.cluster.local", true)]
    [InlineData("payments.shop.svc", true)]
    [InlineData("payments.shop", true)]
    [InlineData("payments", true)]
    [InlineData("registry.npmjs.org", false)]
    [InlineData("www.bank.co.uk", false)]
    [InlineData("com", false)]
    [InlineData("GitHub.COM", false)]
    public void Names_of_the_internet_are_refused_by_whoever_trusts_the_ca(string name, bool accepted)
    {
        var authority = Authority.Create(plain, now);
        var leaf = authority.Issue("any", [DnsName.Parse(name)], [], now);

        Assert.Equal(accepted, plain.Permits(DnsName.Parse(name)));
        Assert.Equal(accepted, AuthoritySet.FromPem(authority.ToPem()).Trusts(leaf, name, now));
    }

    [Theory]
    [InlineData("127.96.255.255", true)]
    [InlineData("127.97.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("::1", false)]
    public void Addresses_outside_the_service_ranges_are_refused(string address, bool accepted)
    {
        var authority = Authority.Create(plain, now);
        var leaf = authority.Issue("any", [DnsName.Parse("payments")], [IPText.Parse(address)], now);

        Assert.Equal(accepted, plain.Permits(IPText.Parse(address)));
        Assert.Equal(accepted, AuthoritySet.FromPem(authority.ToPem()).Trusts(leaf, "payments", now));
    }

    [Fact]
    public void A_scope_comes_back_from_its_certificate_as_it_was()
    {
        foreach (var scope in (AuthorityScope[])
            [plain, AuthorityScope.Anything, AuthorityScope.For([Cidr.Parse("127.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")], [], [IPText.Parse("10.1.2.3"), IPText.Parse("fd00::9")])])
        {
            var read = AuthorityScope.Decode(Authority.Create(scope, now).Certificate)!;
            Assert.Equal(scope.Ranges, read.Ranges);
            Assert.Equal(scope.Excluded, read.Excluded);
        }
    }

    [Fact]
    public void What_is_kept_is_read_back()
    {
        var set = AuthoritySet.Empty.Next(plain, now).Next(AuthorityScope.For(TlsKit.Ranges, [DnsName.Parse("a.qa")], []), now);

        var again = AuthoritySet.FromPem(set.ToPem().Reveal());

        Assert.Equal(2, again.Authorities.Count);
        Assert.Equal(set.Bundle, again.Bundle);
        Assert.Equal(set.ToPem(), again.ToPem());
    }

    [Fact]
    public void What_was_cut_off_anywhere_or_mixed_up_is_not_taken()
    {
        var set = AuthoritySet.Empty.Next(plain, now).Next(AuthorityScope.For(TlsKit.Ranges, [DnsName.Parse("a.qa")], []), now);
        var whole = set.ToPem().Reveal().TrimEnd();
        var half = set.Authorities[0].ToPem().TrimEnd().Length;
        for (var length = 0; length < whole.Length; length++)
        {
            // The first CA alone, whole, is a set.
            if (length is var l && l >= half && l <= half + 1)
                continue;
            Assert.Throws<CryptographicException>(() => AuthoritySet.FromPem(whole[..length]));
        }

        var parts = set.Authorities.Select(static authority => authority.ToPem()).ToArray();
        var keys = parts.Select(static part => part[..part.IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal)]).ToArray();
        Assert.Throws<CryptographicException>(() => AuthoritySet.FromPem(keys[1] + set.Authorities[0].Certificate.ExportCertificatePem()));
        Assert.Throws<CryptographicException>(() => AuthoritySet.FromPem(set.Bundle));
        Assert.Throws<CryptographicException>(() => AuthoritySet.FromPem(new TestCa().Secret("a").PrivateKey.Reveal() + "\n" + new TestCa().Pem));
    }

    [Fact]
    public void A_ca_lives_three_years_and_is_followed_before_it_ends()
    {
        var first = AuthoritySet.Empty.Next(plain, now);
        var authority = Assert.Single(first.Authorities);
        Assert.Equal((now - Authority.Skew, now - Authority.Skew + Authority.Life), (authority.NotBefore, authority.NotAfter));
        Assert.Same(first, first.Next(plain, authority.SuccessorFrom.AddSeconds(-1)));

        var both = first.Next(plain, authority.SuccessorFrom);
        Assert.Equal(2, both.Authorities.Count);
        Assert.Same(authority, both.Authorities[0]);
        Assert.Same(both, both.Next(plain, authority.SuccessorFrom.AddDays(1)));

        // Both are trusted; the old one signs, since more know it, until it is retired.
        Assert.Same(authority, both.Signer(null, authority.RetiredFrom.AddSeconds(-1)));
        Assert.Same(both.Authorities[1], both.Signer(null, authority.RetiredFrom));

        var last = both.Next(plain, authority.NotAfter);
        Assert.DoesNotContain(authority, last.Authorities);
    }

    [Fact]
    public void A_namespace_that_is_named_like_a_domain_gets_a_ca_beside_the_first()
    {
        var first = AuthoritySet.Empty.Next(plain, now);
        var quality = DnsName.Parse("payments.qa");
        Assert.Null(first.Signer(quality, now));

        var both = first.Next(AuthorityScope.For(TlsKit.Ranges, [quality], []), now);

        Assert.Same(both.Authorities[1], both.Signer(quality, now));
        Assert.Same(first.Authorities[0], both.Signer(DnsName.Parse("payments"), now));
        Assert.Null(both.Signer(DnsName.Parse("payments.com"), now));

        // Gone and back again needs no further one.
        Assert.Same(both, both.Next(plain, now));
        Assert.Same(both, both.Next(AuthorityScope.For(TlsKit.Ranges, [quality], []), now));
    }

    [Fact]
    public void However_many_such_namespaces_come_there_is_a_limit_and_the_last_ca_permits_all()
    {
        var set = AuthoritySet.Empty;
        foreach (var domain in TopLevelDomains.DialledDaily)
            set = set.Next(AuthorityScope.For(TlsKit.Ranges, [DnsName.Parse($"payments.{domain}")], []), now);

        Assert.Equal(AuthoritySet.Limit, set.Authorities.Count);
        Assert.True(set.Authorities[^1].Scope.Covers(AuthorityScope.Anything));
        Assert.False(set.Authorities[^2].Scope.Covers(AuthorityScope.Anything));
    }

    [Fact]
    public void A_clock_that_was_wrong_when_the_ca_was_made_costs_one_more_ca()
    {
        var future = AuthoritySet.Empty.Next(plain, now.AddYears(1));
        Assert.Null(future.Signer(null, now));

        var set = future.Next(plain, now);

        Assert.Same(set.Authorities[1], set.Signer(null, now));
        Assert.True(set.Trusts(set.Authorities[1].Issue("a", [DnsName.Parse("a")], [], now), "a", now));
    }

    [Fact]
    public void The_key_does_not_show_itself() => Assert.Equal("(secret)", AuthoritySet.Empty.Next(plain, now).ToPem().ToString());
}
