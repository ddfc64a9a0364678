using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Elsewhere.Tests.Http.Connect;

/// <summary>An origin that speaks TLS: says one byte to everybody whom it accepts.</summary>
internal sealed class TlsOrigin : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SslServerAuthenticationOptions options;
    private readonly CancellationTokenSource over = new();
    private readonly Task accepting;

    internal TlsOrigin(X509Certificate2 certificate, X509Certificate2Collection? chain = null, Action<SslServerAuthenticationOptions>? also = null)
    {
        options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        also?.Invoke(options);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>The names that clients asked for; empty for none.</summary>
    internal ConcurrentQueue<string> ServerNames { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Dispose();
        await accepting;
        over.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptAsync(over.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    // The framework shows what was sent as it would be written for people.
                    ServerNames.Enqueue(hello.ServerName.Length == 0 ? "" : new IdnMapping().GetAscii(hello.ServerName));
                    return ValueTask.FromResult(options);
                },
                null,
                over.Token);
            await stream.WriteAsync("!"u8.ToArray(), over.Token);
            _ = await stream.ReadAsync(new byte[1], over.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            // The client did not accept us, or we it.
        }
    }
}
