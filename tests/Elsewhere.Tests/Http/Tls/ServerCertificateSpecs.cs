using System.Net.Security;
using System.Security.Authentication;
using Elsewhere.Http.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Tls;

public sealed class ServerCertificateSpecs
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("payments")]
    [InlineData("payments.shop")]
    [InlineData("payments.shop.svc")]
    [InlineData("payments.shop.svc.cluster.local")]
    [InlineData("pay.example.com")]
    [InlineData("127.96.3.4")]
    public async Task A_client_that_trusts_the_ca_accepts_every_form_of_the_name_and_the_address(string name)
    {
        var subject = TlsKit.Subject(hostnames: ["pay.example.com"]);
        using var certificates = TlsKit.Certificates(time, subject);

        await using var pair = await TlsKit.HandshakeAsync(certificates.Select(subject.Alias, name)!, certificates.Authorities.Client(name, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11));

        Assert.Equal(SslApplicationProtocol.Http2, pair.Client.NegotiatedApplicationProtocol);
        Assert.Equal(SslProtocols.Tls13, pair.Client.SslProtocol);
    }

    [Fact]
    public void A_client_whose_clock_is_five_minutes_slow_accepts_it_too()
    {
        var subject = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, subject);
        var leaf = certificates.Leaf(subject);

        Assert.True(certificates.Authorities.Trusts(leaf, "payments", time.GetUtcNow() - Authority.Skew + TimeSpan.FromSeconds(1)));
        Assert.False(certificates.Authorities.Trusts(leaf, "payments", time.GetUtcNow() - Authority.Skew - TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void A_leaf_is_made_when_it_is_asked_for_and_kept()
    {
        var subjects = Enumerable.Range(0, 10_000).Select(static i => TlsKit.Subject($"a{i}")).ToArray();
        using var certificates = TlsKit.Certificates(time, subjects);

        var first = certificates.Select(subjects[17].Alias, null);
        certificates.Apply([.. subjects.Take(5_000)]);

        Assert.Same(first, certificates.Select(subjects[17].Alias, null));
        Assert.Same(first, certificates.Select(subjects[17].Alias, "a17.shop.svc"));
        Assert.Null(certificates.Select(subjects[7_000].Alias, null));
    }

    [Fact]
    public void A_leaf_is_made_again_at_two_thirds_of_its_life()
    {
        var subject = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, subject);
        var first = certificates.Leaf(subject);

        time.Advance((Authority.LeafLife * 2 / 3) - Authority.Skew - TimeSpan.FromMinutes(1));
        Assert.Same(first, certificates.Leaf(subject));
        time.Advance(TimeSpan.FromMinutes(2));
        var second = certificates.Leaf(subject);

        Assert.NotSame(first, second);
        Assert.True(certificates.Authorities.Trusts(second, "payments", time.GetUtcNow()));
        Assert.True(certificates.Authorities.Trusts(first, "payments", time.GetUtcNow()));
    }

    [Fact]
    public void A_leaf_from_a_future_that_was_taken_back_is_made_again()
    {
        var subject = TlsKit.Subject();
        var back = new Turned(time.GetUtcNow());
        using var certificates = TlsKit.Certificates(back, subject);
        certificates.Leaf(subject);

        back.Now -= TimeSpan.FromDays(400);
        certificates.Review();

        Assert.True(certificates.Authorities.Trusts(certificates.Leaf(subject), "payments", back.Now));
    }

    [Fact]
    public void T2_while_one_ca_follows_the_other_whoever_trusts_the_old_or_the_new_bundle_is_served()
    {
        var subject = TlsKit.Subject();
        var kept = new List<AuthoritySet>();
        using var certificates = new ServerCertificates(AuthoritySet.Empty, TlsKit.Ranges, time, kept.Add);
        certificates.Apply([subject]);
        var old = certificates.Authorities;
        var end = old.Authorities[0].NotAfter;
        var days = 0;

        for (; time.GetUtcNow() < end.AddYears(3); time.Advance(TimeSpan.FromDays(9)), days += 9)
        {
            certificates.Review();
            var leaf = certificates.Leaf(subject);
            // A program that started a third of a year ago at most is served.
            Assert.True(certificates.Authorities.Trusts(leaf, "payments", time.GetUtcNow()), $"day {days}: a new client");
            var started = kept.Last(set => set.Authorities[^1].NotBefore <= time.GetUtcNow().AddDays(-120) || set == kept[0]);
            Assert.True(started.Trusts(leaf, "payments", time.GetUtcNow()), $"day {days}: a client that started 120 days ago");
        }

        Assert.InRange(kept.Count, 3, 8);
        Assert.DoesNotContain(old.Authorities[0], certificates.Authorities.Authorities);
    }

    [Fact]
    public async Task T2_certificates_turn_over_under_load_and_no_connection_fails()
    {
        var subject = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, subject);
        var until = TimeProvider.System.GetTimestamp() + (2 * TimeProvider.System.TimestampFrequency);
        await using var open = await TlsKit.HandshakeAsync(certificates.Select(subject.Alias, "payments")!, certificates.Authorities.Client("payments"));
        var shown = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        var done = 0;

        async Task ConnectAsync()
        {
            while (TimeProvider.System.GetTimestamp() < until)
            {
                var options = certificates.Select(subject.Alias, "payments")!;
                var client = certificates.Authorities.Client("payments");
                // The clock of the certificates runs ahead of the clients': they look at names and signatures.
                client.CertificateChainPolicy!.VerificationFlags = System.Security.Cryptography.X509Certificates.X509VerificationFlags.IgnoreNotTimeValid;
                await using var pair = await TlsKit.HandshakeAsync(options, client);
                shown[pair.Client.RemoteCertificate!.GetSerialNumberString()] = true;
                Interlocked.Increment(ref done);
            }
        }

        var rotate = Task.Run(async () =>
        {
            while (TimeProvider.System.GetTimestamp() < until)
            {
                time.Advance(Authority.LeafLife * 2 / 3);
                certificates.Review();
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }
        });
        await Task.WhenAll([rotate, .. Enumerable.Range(0, 8).Select(_ => Task.Run(ConnectAsync))]);

        Assert.True(done > 50, $"{done} connections");
        Assert.True(shown.Count > 20, $"{shown.Count} certificates in {done} connections");
        // The one that was open all the time still carries.
        await open.Client.WriteAsync("still"u8.ToArray());
        var buffer = new byte[5];
        await open.Server.ReadExactlyAsync(buffer);
        Assert.Equal("still"u8, buffer);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task T4_a_session_is_resumed_and_carries_no_early_data(SslProtocols version)
    {
        var subject = TlsKit.Subject("resumed");
        using var certificates = TlsKit.Certificates(time, subject);
        var sizes = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            var client = certificates.Authorities.Client("resumed");
            client.EnabledSslProtocols = version;
            await using var pair = await TlsKit.HandshakeAsync(certificates.Select(subject.Alias, "resumed")!, client);
            sizes.Add(pair.FromServer());
            // Tickets come behind the handshake (RFC 8446 section 4.6.1).
            await pair.Server.WriteAsync("x"u8.ToArray());
            await pair.Client.ReadExactlyAsync(new byte[1]);
        }

        // Whoever resumes is not sent the certificate again.
        var certificate = certificates.Leaf(subject).RawData.Length;
        Assert.All(sizes.Skip(1), size => Assert.True(size < sizes[0] - certificate, string.Join(' ', sizes)));
    }

    [Fact]
    public async Task T4_tls_1_1_is_refused()
    {
        var subject = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, subject);
        var client = certificates.Authorities.Client("payments");
#pragma warning disable CA5397, SYSLIB0039, CA5398 // what is refused has to be offered
        client.EnabledSslProtocols = SslProtocols.Tls11;
#pragma warning restore CA5397, SYSLIB0039, CA5398

        await Assert.ThrowsAsync<AuthenticationException>(() => TlsKit.HandshakeAsync(certificates.Select(subject.Alias, "payments")!, client));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("www.example.com")]
    [InlineData("other.shop")]
    [InlineData("..")]
    [InlineData("a\0b")]
    public void T3_a_name_that_is_not_the_aliass_own_gets_the_certificate_of_the_dialled_address(string? serverName)
    {
        var subject = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, subject, TlsKit.Subject("other", address: "127.96.3.5"));

        Assert.True(certificates.Leaf(subject, serverName).MatchesHostname("payments.shop"));
    }

    [Fact]
    public void A_namespace_named_like_a_domain_is_served_and_the_others_are_as_before()
    {
        var payments = TlsKit.Subject();
        using var certificates = TlsKit.Certificates(time, payments);
        var before = certificates.Authorities;
        var leaf = certificates.Leaf(payments);
        var quality = TlsKit.Subject("payments", "qa", "127.96.3.5");

        certificates.Apply([payments, quality]);

        Assert.Same(leaf, certificates.Leaf(payments));
        foreach (var name in quality.Names.Select(static name => name.ToHostString()))
        {
            var shown = certificates.Leaf(quality, name);
            Assert.True(certificates.Authorities.Trusts(shown, name, time.GetUtcNow()), name);
            // Who started before trusts all forms but the one below the domain.
            Assert.Equal(name != "payments.qa", before.Trusts(shown, name, time.GetUtcNow()));
        }
    }

    [Fact]
    public void A_ca_that_cannot_be_kept_signs_nothing()
    {
        using var certificates = new ServerCertificates(AuthoritySet.Empty, TlsKit.Ranges, time, static _ => throw new IOException("disk full"));

        Assert.Throws<IOException>(() => certificates.Apply([TlsKit.Subject()]));

        Assert.Empty(certificates.Authorities.Authorities);
        Assert.Null(certificates.Select(TlsKit.Subject().Alias, null));
    }

    private sealed class Turned(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
