using System.Security.Cryptography;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Tls;

public sealed class OwnCertificateSpecs
{
    private static readonly string[] all = ["payments", "payments.shop", "payments.shop.svc", "payments.shop.svc.cluster.local"];
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly TestCa company = new("Company CA");

    [Fact]
    public void The_users_own_certificate_is_shown_with_the_chain_behind_it()
    {
        var middle = new TestCa("Company CA 2", company);
        var subject = TlsKit.Subject(own: middle.Secret(all));
        using var certificates = TlsKit.Certificates(time, subject);

        var context = certificates.Select(subject.Alias, "payments")!.ServerCertificateContext!;

        Assert.Equal(middle.Certificate.Subject, context.TargetCertificate.Issuer);
        Assert.Equal(middle.Certificate.RawData, Assert.Single(context.IntermediateCertificates).RawData);
        Assert.Empty(certificates.Findings);
    }

    [Fact]
    public void T6_a_Secret_that_is_gone_leaves_the_certificate_that_it_had_and_what_is_shown_says_so()
    {
        var subject = TlsKit.Subject(own: company.Secret(all));
        var gone = subject with { Own = TlsCertificate.NotThere(subject.Own!.Secret, "there is no Secret 'tls' in the namespace 'shop'") };
        using var certificates = TlsKit.Certificates(time, subject);
        Assert.Equal((subject.Own.Secret, company.Certificate.Subject, null), Shown(certificates, subject));

        certificates.Apply([gone]);

        Assert.Equal(company.Certificate.Subject, certificates.Leaf(subject, "payments").Issuer);
        Assert.Equal((subject.Own.Secret, company.Certificate.Subject, gone.Own.Missing), Shown(certificates, subject));
        Assert.Empty(certificates.Findings);

        using var fresh = TlsKit.Certificates(time, gone);
        Assert.Equal((null, fresh.Authorities.Authorities[0].Certificate.Subject, gone.Own.Missing), Shown(fresh, subject));
    }

    [Fact]
    public void What_is_shown_has_its_issuer_and_its_end_and_the_names_that_it_lacks()
    {
        var subject = TlsKit.Subject(own: company.Secret("payments"));
        using var certificates = TlsKit.Certificates(time, subject);

        var shown = certificates.Describe(subject.Alias)!;

        Assert.Equal(company.Certificate.Subject, shown.Issuer);
        Assert.Equal(certificates.Leaf(subject, "payments").NotAfter, shown.NotAfter!.Value.LocalDateTime);
        Assert.Equal(["payments.shop.svc.cluster.local", "payments.shop.svc", "payments.shop"], shown.NotNamed);
        Assert.Equal(shown, ShownCertificate.Of(subject, time.GetUtcNow()));
        Assert.Null(certificates.Describe(new ObjectKey("shop", "nobody")));
    }

    private static (ObjectKey?, string?, string?) Shown(ServerCertificates certificates, CertificateSubject subject) =>
        certificates.Describe(subject.Alias) is { } shown ? (shown.Secret, shown.Issuer, shown.Problem) : default;

    [Fact]
    public async Task It_is_shown_whether_its_key_is_ecdsa_or_rsa()
    {
        using var rsa = RSA.Create(2048);
        foreach (var secret in (TlsCertificate[])[company.Secret("payments"), company.Secret(company.Issue(["payments"], rsa: rsa))])
        {
            var subject = TlsKit.Subject(own: secret);
            using var certificates = TlsKit.Certificates(time, subject);
            var client = certificates.Authorities.Client("payments");
            client.CertificateChainPolicy!.CustomTrustStore.Clear();
            client.CertificateChainPolicy.CustomTrustStore.Add(company.Certificate);

            await using var pair = await TlsKit.HandshakeAsync(certificates.Select(subject.Alias, "payments")!, client);

            Assert.Equal(company.Certificate.Subject, pair.Client.RemoteCertificate!.Issuer);
        }
    }

    [Fact]
    public void For_a_name_that_it_does_not_cover_the_alias_ca_vouches_and_a_finding_names_it()
    {
        var subject = TlsKit.Subject(hostnames: ["pay.example.com"], own: company.Secret("*.example.com"));
        using var certificates = TlsKit.Certificates(time, subject);

        Assert.Equal(company.Certificate.Subject, certificates.Leaf(subject, "pay.example.com").Issuer);
        Assert.Equal(company.Certificate.Subject, certificates.Leaf(subject).Issuer);
        Assert.True(certificates.Authorities.Trusts(certificates.Leaf(subject, "payments.shop"), "payments.shop", time.GetUtcNow()));
        var finding = Assert.Single(certificates.Findings);
        Assert.Equal("certificate-names", finding.Code);
        Assert.Contains("payments.shop.svc.cluster.local", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pay.example.com", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_announced_before_it_ends_and_replaced_by_the_alias_ca_when_it_has()
    {
        var subject = TlsKit.Subject(own: company.Secret(company.Issue(all, until: time.GetUtcNow().AddDays(20))));
        using var certificates = TlsKit.Certificates(time, subject);
        Assert.Empty(certificates.Findings);

        time.Advance(TimeSpan.FromDays(7));
        Assert.Equal("certificate-ending", Assert.Single(certificates.Findings).Code);
        Assert.Equal(company.Certificate.Subject, certificates.Leaf(subject, "payments").Issuer);

        time.Advance(TimeSpan.FromDays(14));
        var finding = Assert.Single(certificates.Findings);
        Assert.Equal("certificate-unusable", finding.Code);
        Assert.Contains("expired", finding.Message, StringComparison.Ordinal);
        Assert.Contains("alias CA is served instead", finding.Message, StringComparison.Ordinal);
        Assert.True(certificates.Authorities.Trusts(certificates.Leaf(subject, "payments"), "payments", time.GetUtcNow()));
    }

    [Fact]
    public void T6_a_secret_that_is_broken_costs_only_itself_and_the_last_good_one_is_served()
    {
        var good = TlsKit.Subject(own: company.Secret(company.Issue(all), "good"));
        using var certificates = TlsKit.Certificates(time, good);
        var leaf = certificates.Leaf(good);

        foreach (var (bad, why) in Broken())
        {
            var subject = good with { Own = bad };
            certificates.Apply([subject]);

            Assert.Same(leaf, certificates.Leaf(subject));
            var finding = Assert.Single(certificates.Findings, static finding => finding.Code == "certificate-unusable");
            Assert.Contains(why, finding.Message, StringComparison.Ordinal);
            Assert.Contains("the one before it is served meanwhile", finding.Message, StringComparison.Ordinal);
            Assert.Contains("shop/", finding.Message, StringComparison.Ordinal);
        }

        var next = good with { Own = company.Secret(company.Issue(all), "next") };
        certificates.Apply([next]);
        Assert.NotSame(leaf, certificates.Leaf(next));
        Assert.Equal(company.Certificate.Subject, certificates.Leaf(next).Issuer);
        Assert.Empty(certificates.Findings);
    }

    [Fact]
    public void T6_broken_from_the_start_the_alias_ca_vouches()
    {
        foreach (var (bad, why) in Broken())
        {
            var subject = TlsKit.Subject(own: bad);
            using var certificates = TlsKit.Certificates(time, subject);

            Assert.True(certificates.Authorities.Trusts(certificates.Leaf(subject), "payments", time.GetUtcNow()));
            Assert.Contains(why, Assert.Single(certificates.Findings).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void T6_a_certificate_whose_uses_cannot_be_read_is_unusable()
    {
        var secret = company.Secret(all);
        var pem = secret.Chain.Reveal();
        var fields = PemEncoding.Find(pem);
        var der = Convert.FromBase64String(pem[fields.Base64Data]);

        // The object identifier of server authentication, made a string of octets.
        der[der.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01])] = 0x04;
        var broken = new TlsCertificate(secret.Secret, SecretBytes.Of(PemEncoding.WriteString("CERTIFICATE", der)), secret.PrivateKey);
        using var certificates = TlsKit.Certificates(time, TlsKit.Subject(own: broken));

        Assert.Equal("certificate-unusable", Assert.Single(certificates.Findings).Code);
    }

    [Fact]
    public void T6_any_bytes_in_a_secret_are_a_finding_or_a_certificate()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var secret = company.Secret(all);
        for (var i = 0; i < 500; i++)
        {
            var subject = TlsKit.Subject(own: new TlsCertificate(secret.Secret, Mutate(secret.Chain), Mutate(secret.PrivateKey)));
            using var certificates = TlsKit.Certificates(time, subject);
            var input = $"seed {seed}\n{subject.Own!.Chain.Reveal()}\n{subject.Own.PrivateKey.Reveal()}";
            Assert.True(certificates.Select(subject.Alias, "payments") is not null, input);
            // What was changed may be the issuer's name, which is then the name of nobody.
            Assert.True(certificates.Findings.Count > 0 || !certificates.Authorities.Trusts(certificates.Leaf(subject), "payments", time.GetUtcNow()), input);
        }

        SecretBytes Mutate(SecretBytes bytes)
        {
            var copy = bytes.Bytes.ToArray();
            for (var n = random.Next(3); n > 0; n--)
                copy[random.Next(copy.Length)] = (byte)random.Next(256);
            return new SecretBytes(copy.AsSpan(0, random.Next(4) == 0 ? random.Next(copy.Length) : copy.Length).ToArray().ToSeq());
        }
    }

    private IEnumerable<(TlsCertificate Secret, string Why)> Broken()
    {
        var now = time.GetUtcNow();
        var good = company.Secret(all);
        yield return (good with { Chain = SecretBytes.Of("") }, "tls.crt holds no certificate");
        yield return (good with { Chain = SecretBytes.Of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") }, "tls.crt cannot be read");
        yield return (good with { PrivateKey = SecretBytes.Of("") }, "tls.key is no PEM private key");
        yield return (good with { PrivateKey = company.Secret(all).PrivateKey }, "belongs to another certificate");
        using var key = ECDsa.Create();
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1));
        yield return (good with { PrivateKey = SecretBytes.Of(encrypted) }, "tls.key is encrypted");
        yield return (company.Secret(company.Issue(all, until: now.AddSeconds(-1))), "has expired at");
        yield return (company.Secret(company.Issue(all, from: now.AddSeconds(30))), "is not valid before");
        yield return (good with { Chain = SecretBytes.Of(new string('x', PemCertificate.Limit + 1)) }, "longer than 1 MiB");
    }
}
