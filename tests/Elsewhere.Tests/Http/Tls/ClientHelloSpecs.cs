using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Elsewhere.Http.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Tls;

/// <summary>A handshake that comes in pieces is the same handshake.</summary>
public sealed class ClientHelloSpecs : IDisposable
{
    private static readonly CertificateSubject subject = TlsKit.Subject();
    private readonly ServerCertificates certificates = TlsKit.Certificates(new FakeTimeProvider(TimeProvider.System.GetUtcNow()), subject);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public ClientHelloSpecs() => listener.Start();

    public void Dispose()
    {
        listener.Dispose();
        certificates.Dispose();
    }

    [Fact]
    public async Task T5_a_client_hello_split_at_every_byte_is_answered_with_the_same_certificate()
    {
        var length = 0;
        await HandshakeAsync(hello =>
        {
            length = hello.Length;
            return [hello];
        });
        Assert.InRange(length, 100, 2_000);
        for (var at = 1; at < length; at++)
            Assert.Equal("payments.shop.svc", await HandshakeAsync(hello => [hello[..at], hello[at..]]));
    }

    [Fact]
    public async Task T5_byte_by_byte_too() => Assert.Equal("payments.shop.svc", await HandshakeAsync(static hello => hello.Select(static octet => new[] { octet })));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task T5_a_client_hello_in_many_records_is_answered_by_the_address_that_was_dialled(int size)
    {
        // RFC 8446 section 5.1: a handshake message may be spread over records.
        var asked = await HandshakeAsync(hello => hello[5..].Chunk(size).Select(piece => (byte[])[.. hello[..3], (byte)(piece.Length >> 8), (byte)piece.Length, .. piece]));

        // The framework does not put the name together again; whoever trusts the CA is served all the same.
        Assert.Contains(asked, (string[])["", "payments.shop.svc"]);
    }

    [Fact]
    public async Task T5_a_client_hello_of_many_kilobytes_is_answered()
    {
        // 1,500 protocols that nobody speaks; post-quantum keys make hellos long too.
        var protocols = Enumerable.Range(0, 1_500).Select(static i => new SslApplicationProtocol($"unknown-{i}")).Append(SslApplicationProtocol.Http11).ToArray();

        Assert.Equal("payments.shop.svc", await HandshakeAsync(static hello => [hello], protocols));
    }

    [Fact]
    public async Task T5_rubbish_and_half_a_hello_cost_only_themselves()
    {
        foreach (var rubbish in (byte[][])[[], [0x16], [0x16, 3, 1, 0xff, 0xff, 1], [.. "GET / HTTP/1.1\r\n\r\n"u8], [0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff], new byte[20_000]])
        {
            using var near = new TcpClient();
            await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
            using var far = await listener.AcceptTcpClientAsync();
            await near.GetStream().WriteAsync(rubbish);
            near.Client.Shutdown(SocketShutdown.Send);
            await using var server = new SslStream(far.GetStream());
            var failure = await Record.ExceptionAsync(() => server.AuthenticateAsServerAsync(certificates.Select(subject.Alias, null)!));
            Assert.True(failure is AuthenticationException or IOException, $"{failure}");
        }

        Assert.Equal("payments.shop.svc", await HandshakeAsync(static hello => [hello]));
    }

    // What the server was asked for.
    private async Task<string> HandshakeAsync(Func<byte[], IEnumerable<byte[]>> pieces, params SslApplicationProtocol[] protocols)
    {
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(listener.LocalEndpoint);
        var asked = "";
        await using var client = new SslStream(new FirstInPieces(near, pieces));
        await using var server = new SslStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
        var options = certificates.Authorities.Client("payments.shop.svc", protocols);
        // Nothing but the hello itself is to differ from one time to the next.
        options.AllowTlsResume = false;
        await Task.WhenAll(
            client.AuthenticateAsClientAsync(options),
            server.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    asked = hello.ServerName;
                    return ValueTask.FromResult(certificates.Select(subject.Alias, hello.ServerName)!);
                },
                null,
                CancellationToken.None)).WaitAsync(TimeSpan.FromSeconds(20));
        return asked;
    }

    private sealed class FirstInPieces(Socket socket, Func<byte[], IEnumerable<byte[]>> pieces) : NetworkStream(socket, ownsSocket: true)
    {
        private bool sent;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (sent)
            {
                await base.WriteAsync(buffer, cancellationToken);
                return;
            }

            sent = true;
            foreach (var piece in pieces(buffer.ToArray()))
            {
                await base.WriteAsync(piece, cancellationToken);
                // Gives the other side the time to see a piece by itself; the outcome does not depend on it.
                await Task.Yield();
            }
        }
    }
}
