using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Connect;

public sealed class OriginTlsSpecs
{
    private readonly TestCa ca = new("Origin CA");

    [Fact]
    public async Task T3_the_origin_is_asked_for_and_verified_against_its_own_name()
    {
        await using var origin = new TlsOrigin(ca.Issue(["api.payments.example"]));

        var connection = await ConnectAsync(origin.Port, Settings("api.payments.example"));

        await using var stream = Assert.IsType<SslStream>(connection.Stream, exactMatch: false);
        Assert.Equal(SslApplicationProtocol.Http2, stream.NegotiatedApplicationProtocol);
        Assert.Equal("api.payments.example", Assert.Single(origin.ServerNames));
        Assert.Equal(1, await stream.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData("api.payments.example", "api.payments.example", OriginFailure.None)]
    [InlineData("API.Payments.Example", "api.payments.example.", OriginFailure.None)]
    [InlineData("*.payments.example", "api.payments.example", OriginFailure.None)]
    [InlineData("*.payments.example", "v1.api.payments.example", OriginFailure.CertificateWrongName)]
    [InlineData("*.payments.example", "payments.example", OriginFailure.CertificateWrongName)]
    [InlineData("notapi.payments.example", "api.payments.example", OriginFailure.CertificateWrongName)]
    [InlineData("api.payments.example.net", "api.payments.example", OriginFailure.CertificateWrongName)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", OriginFailure.None)]
    [InlineData("127.0.0.1", "127.0.0.1", OriginFailure.None)]
    [InlineData("127.0.0.2", "127.0.0.1", OriginFailure.CertificateWrongName)]
    [InlineData("fd00::1", "fd00::1", OriginFailure.None)]
    [InlineData("origin.example", "127.0.0.1", OriginFailure.CertificateWrongName)]
    public async Task T3_names_wildcards_and_addresses_match_as_rfc_9525_says(string certificate, string serverName, OriginFailure failure)
    {
        await using var origin = new TlsOrigin(ca.Issue([certificate]));

        var connection = await ConnectAsync(origin.Port, Settings(serverName));

        Assert.Equal(failure, connection.Failure);
        // RFC 6066 section 3: an address is not asked for by name.
        var isAddress = IPText.TryParse(serverName, out _);
        Assert.Equal(isAddress ? "" : serverName.TrimEnd('.'), Assert.Single(origin.ServerNames));
        if (failure != OriginFailure.None)
            Assert.Contains(certificate, connection.Detail, StringComparison.Ordinal);
        await CloseAsync(connection);
    }

    [Fact]
    public async Task T3_a_name_that_is_only_the_subject_does_not_count()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=api.payments.example", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var self = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        await using var origin = new TlsOrigin(self);

        var connection = await ConnectAsync(origin.Port, Settings("api.payments.example") with { CaCertificates = TestCa.CaOf(self.ExportCertificatePem()) });

        Assert.Equal(OriginFailure.CertificateWrongName, connection.Failure);
        Assert.Contains("no name at all", connection.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, OriginFailure.CertificateNotYetValid)]
    [InlineData(0, OriginFailure.None)]
    [InlineData(1, OriginFailure.CertificateExpired)]
    public async Task T1_a_certificate_whose_time_is_not_now_is_refused_with_both_times(int days, OriginFailure failure)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var origin = new TlsOrigin(ca.Issue(["a.example"], now.AddHours(-12), now.AddHours(12)));

        var connection = await ConnectAsync(origin.Port, Settings("a.example"), new FakeTimeProvider(now.AddDays(days)));

        Assert.Equal(failure, connection.Failure);
        if (failure != OriginFailure.None)
            Assert.Contains($"{now.AddDays(days):yyyy-MM-dd}", connection.Detail, StringComparison.Ordinal);
        await CloseAsync(connection);
    }

    [Fact]
    public async Task T1_a_certificate_of_an_unknown_ca_is_refused()
    {
        await using var origin = new TlsOrigin(new TestCa("Somebody Else").Issue(["a.example"]));

        foreach (var settings in (OriginTls[])[Settings("a.example"), Settings("a.example") with { CaCertificates = null }])
        {
            var connection = await ConnectAsync(origin.Port, settings);
            Assert.Equal(OriginFailure.CertificateUnknownIssuer, connection.Failure);
            Assert.Contains("Somebody Else", connection.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_certificate_that_is_not_for_servers_is_refused()
    {
        await using var origin = new TlsOrigin(ca.Issue(["a.example"], client: true));

        Assert.Equal(OriginFailure.CertificateInvalid, (await ConnectAsync(origin.Port, Settings("a.example"))).Failure);
    }

    [Fact]
    public async Task Any_certificate_of_the_bundle_is_trusted_also_one_that_another_ca_signed()
    {
        var middle = new TestCa("Origin CA 2", ca);
        await using var origin = new TlsOrigin(middle.Issue(["a.example"]));

        foreach (var bundle in (string[])[middle.Pem, ca.Pem + middle.Pem, "# a comment\n" + new TestCa("Other").Pem + middle.Pem])
        {
            var connection = await ConnectAsync(origin.Port, Settings("a.example") with { CaCertificates = TestCa.CaOf(bundle) });
            Assert.Equal((OriginFailure.None, ""), (connection.Failure, connection.Detail));
            await CloseAsync(connection);
        }

        // The one in the middle is not sent and not fetched from anywhere.
        Assert.Equal(OriginFailure.CertificateUnknownIssuer, (await ConnectAsync(origin.Port, Settings("a.example"))).Failure);
    }

    [Fact]
    public async Task T4_a_session_to_the_origin_is_resumed_and_verified_again()
    {
        var middle = new TestCa("Origin CA 2", ca);
        await using var origin = new TlsOrigin(middle.Issue(["resumed.example"]), [middle.Certificate]);
        var client = OriginTlsClient.Create(Settings("resumed.example"));
        for (var i = 0; i < 3; i++)
        {
            var connection = await ConnectAsync(origin.Port, client);
            Assert.Equal(OriginFailure.None, connection.Failure);
            Assert.Equal(1, await connection.Stream!.ReadAsync(new byte[1]));
            await CloseAsync(connection);
        }

        // Whoever trusts nobody of that chain is not let in by another alias' session.
        Assert.Equal(OriginFailure.CertificateUnknownIssuer, (await ConnectAsync(origin.Port, Settings("resumed.example") with { CaCertificates = new TestCa("Other").Ca })).Failure);
    }

    [Fact]
    public async Task Without_verification_any_certificate_will_do()
    {
        await using var origin = new TlsOrigin(new TestCa("Nobody").Issue(["other.example"], until: TimeProvider.System.GetUtcNow().AddSeconds(-1)));
        var client = OriginTlsClient.Create(Settings("a.example") with { Verify = false });

        var connection = await ConnectAsync(origin.Port, client);

        Assert.Equal(OriginFailure.None, connection.Failure);
        Assert.Equal("a.example", Assert.Single(origin.ServerNames));
        await CloseAsync(connection);
    }

    [Fact]
    public async Task A_minimum_version_that_the_origin_has_not_is_named()
    {
        await using var origin = new TlsOrigin(ca.Issue(["a.example"]), also: static options => options.EnabledSslProtocols = SslProtocols.Tls12);

        Assert.Equal(OriginFailure.TlsVersion, (await ConnectAsync(origin.Port, Settings("a.example") with { Minimum = TlsMinimum.Tls13 })).Failure);
        var connection = await ConnectAsync(origin.Port, Settings("a.example"));
        Assert.Equal(OriginFailure.None, connection.Failure);
        await CloseAsync(connection);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task T6_an_origin_that_wants_a_client_certificate_gets_the_one_of_the_alias(SslProtocols version)
    {
        var clients = new TestCa("Client CA");
        await using var origin = new TlsOrigin(ca.Issue(["a.example"]), also: options => Demand(options, clients, version));

        var shown = await ConnectAsync(origin.Port, Settings("a.example") with { ClientCertificate = clients.Secret(clients.Issue([], client: true)) });
        Assert.Equal(OriginFailure.None, shown.Failure);
        Assert.Equal(1, await shown.Stream!.ReadAsync(new byte[1]));
        await CloseAsync(shown);

        var stranger = new TestCa("Stranger");
        var refused = await ConnectAsync(origin.Port, Settings("a.example") with { ClientCertificate = stranger.Secret(stranger.Issue([], client: true)) });
        Assert.Contains(await FailureOfAsync(refused), (OriginFailure[])[OriginFailure.ClientCertificateRefused, OriginFailure.TlsCutOff]);
    }

    [Fact]
    public async Task T6_a_client_certificate_that_is_broken_leaves_the_last_good_one()
    {
        var clients = new TestCa("Client CA");
        await using var origin = new TlsOrigin(ca.Issue(["a.example"]), also: options => Demand(options, clients, SslProtocols.Tls13));
        var good = OriginTlsClient.Create(Settings("a.example") with { ClientCertificate = clients.Secret(clients.Issue([], client: true)) });
        var broken = Settings("a.example") with { ClientCertificate = clients.Secret("x") with { PrivateKey = SecretBytes.Of("rubbish") } };

        var kept = OriginTlsClient.Create(broken, good);
        Assert.Contains("shop/tls", Assert.Single(kept.Findings(ObjectRef.None, "", null)).Message, StringComparison.Ordinal);
        var connection = await ConnectAsync(origin.Port, kept);
        Assert.Equal(1, await connection.Stream!.ReadAsync(new byte[1]));
        await CloseAsync(connection);

        var without = await ConnectAsync(origin.Port, OriginTlsClient.Create(broken));
        Assert.Equal(OriginFailure.TlsUnusable, without.Failure);
        Assert.Single(origin.ServerNames);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public async Task T6_ca_certificates_that_cannot_be_read_are_not_replaced_by_trust_in_everybody(string pem)
    {
        await using var origin = new TlsOrigin(ca.Issue(["a.example"]));

        Assert.Equal(OriginFailure.TlsUnusable, (await ConnectAsync(origin.Port, Settings("a.example") with { CaCertificates = TestCa.CaOf(pem) })).Failure);
        Assert.Empty(origin.ServerNames);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", OriginFailure.NotTls)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", OriginFailure.NotTls)]
    [InlineData("", OriginFailure.TlsCutOff)]
    public async Task An_origin_that_does_not_speak_tls_is_told_from_one_that_hangs_up(string says, OriginFailure failure)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync();

        Assert.Equal(failure, (await ConnectAsync(((IPEndPoint)listener.LocalEndpoint).Port, Settings("a.example"))).Failure);
        await serving;

        async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[100], 100);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(says));
            client.Client.Shutdown(SocketShutdown.Send);
            _ = await stream.ReadAtLeastAsync(new byte[65_536], 65_536, throwOnEndOfStream: false);
        }
    }

    private static void Demand(SslServerAuthenticationOptions options, TestCa clients, SslProtocols version)
    {
        options.EnabledSslProtocols = version;
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Issuer == clients.Certificate.Subject;
    }

    private static async Task<OriginFailure> FailureOfAsync(OriginConnection connection)
    {
        if (connection.Stream is not { } stream)
            return connection.Failure;
        await using (stream)
        {
            try
            {
                return await stream.ReadAsync(new byte[1]) == 0 ? OriginFailure.TlsCutOff : OriginFailure.None;
            }
            catch (OriginConnectException e)
            {
                return e.Failure;
            }
            catch (IOException)
            {
                return OriginFailure.TlsCutOff;
            }
        }
    }

    private static async Task CloseAsync(OriginConnection connection)
    {
        if (connection.Stream is not null)
            await connection.Stream.DisposeAsync();
    }

    private static Task<OriginConnection> ConnectAsync(int port, OriginTls settings, TimeProvider? time = null) => ConnectAsync(port, OriginTlsClient.Create(settings), time);

    private static Task<OriginConnection> ConnectAsync(int port, OriginTlsClient client, TimeProvider? time = null) => new OriginConnector(new ConnectOptions(), time ?? TimeProvider.System).ConnectAsync(
        new OriginTarget(
            client.ServerName, port, [IPAddress.Loopback], DialPolicy.OneMachine, client, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], null, TimeSpan.FromSeconds(20)),
        CancellationToken.None);

    private OriginTls Settings(string serverName) => new(serverName, ca.Ca, null, TlsMinimum.Tls12, true);
}
