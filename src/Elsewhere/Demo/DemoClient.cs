using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Elsewhere.Demo;

/// <summary>One response as the client got it.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Location">Where it redirects to, or null.</param>
/// <param name="Text">All header fields and the decoded body.</param>
/// <param name="Body">The decoded body.</param>
internal sealed record DemoResponse(int Status, Uri? Location, string Text, string Body);

/// <summary>
/// A client like any other: it asks cluster DNS, verifies certificates against the name that it dialled, keeps cookies, and trusts the CAs of demo and aliases.
/// </summary>
internal sealed class DemoClient : IDisposable
{
    private readonly HttpClient http;
    private readonly DemoCluster cluster;
    private readonly X509Certificate2Collection roots;

    internal DemoClient(DemoCluster cluster, X509Certificate2 originAuthority)
    {
        this.cluster = cluster;
        roots = [originAuthority, .. cluster.Authorities];
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            CookieContainer = new CookieContainer(),
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Verify },
        });
    }

    /// <summary>What was wrong with the last certificate; null if nothing.</summary>
    internal string? CertificateProblem { get; private set; }

    /// <summary>Who signed the last certificate.</summary>
    internal string CertificateIssuer { get; private set; } = "";

    /// <summary>Sends one GET.</summary>
    /// <param name="url">Where.</param>
    /// <param name="host">The Host that is sent, and whose certificate is wanted; null for that of the URL.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<DemoResponse> GetAsync(Uri url, string? host, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Host = host;
        using var response = await http.SendAsync(request, cancellation);
        var body = await response.Content.ReadAsStringAsync(cancellation);
        return new DemoResponse((int)response.StatusCode, response.Headers.Location, $"{response.Headers}{response.Content.Headers}\n{body}", body);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var name = context.InitialRequestMessage.RequestUri!.Host;
        var address = await cluster.AddressAsync(name, cancellation) ?? throw new HttpRequestException($"cluster DNS has no {name}");
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        CertificateProblem = null;
        if (certificate is not X509Certificate2 leaf || chain is null)
        {
            CertificateProblem = "no certificate";
            return false;
        }

        CertificateIssuer = leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Clear();
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            CertificateProblem = $"it is for {leaf.GetNameInfo(X509NameType.DnsName, forIssuer: false)}";
            return false;
        }

        if (!chain.Build(leaf))
            CertificateProblem = string.Join(", ", chain.ChainStatus.Select(static status => status.StatusInformation.Trim()));
        return CertificateProblem is null;
    }
}
