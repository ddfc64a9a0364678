using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Tls;

/// <summary>Aliases, clients that trust an alias CA, certificates of all kinds.</summary>
internal static class TlsKit
{
    internal static readonly DnsName Domain = DnsName.Parse("cluster.local");
    internal static readonly Seq<Cidr> Ranges = [Cidr.Parse("127.96.0.0/16")];

    internal static CertificateSubject Subject(string name = "payments", string ns = "shop", string address = "127.96.3.4", string[]? hostnames = null, TlsCertificate? own = null)
    {
        var key = new ObjectKey(ns, name);
        var alias = new Alias(key, new ObjectRef("elsewhere.dev/v1alpha1", "Alias", ns, name), AliasKind.ClusterIP, [IPText.Parse(address)], null, [], null, null);
        return CertificateSubject.Of(alias, Domain, (hostnames ?? []).Select(DnsName.Parse), own);
    }

    internal static ServerCertificates Certificates(TimeProvider time, params CertificateSubject[] subjects)
    {
        var certificates = new ServerCertificates(AuthoritySet.Empty, Ranges, time, static _ => { });
        certificates.Apply(subjects);
        return certificates;
    }

    internal static X509Certificate2 Leaf(this ServerCertificates certificates, CertificateSubject subject, string? sni = null) =>
        certificates.Select(subject.Alias, sni)!.ServerCertificateContext!.TargetCertificate;

    /// <summary>Whether a client that trusts some CAs would accept a certificate for a name at a time.</summary>
    internal static bool Trusts(this AuthoritySet authorities, X509Certificate2 leaf, string name, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authorities.Bundle);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        try
        {
            return chain.Build(leaf) && leaf.MatchesHostname(name, allowCommonName: false);
        }
        catch (CryptographicException)
        {
            // A policy that cannot be read is thrown, not a status of the chain: nobody accepts such a certificate.
            return false;
        }
    }

    /// <summary>A handshake over a real connection; the client's side. Both streams are open until the result is disposed.</summary>
    internal static async Task<TlsPair> HandshakeAsync(SslServerAuthenticationOptions server, SslClientAuthenticationOptions client)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!);
        var far = await listener.AcceptAsync();
        var counting = new Counting(near);
        var pair = new TlsPair(new SslStream(counting), new SslStream(new NetworkStream(far, ownsSocket: true)), () => counting.Received);
        await Task.WhenAll(pair.Client.AuthenticateAsClientAsync(client), pair.Server.AuthenticateAsServerAsync(server));
        return pair;
    }

    /// <summary>A client that trusts some CAs.</summary>
    internal static SslClientAuthenticationOptions Client(this AuthoritySet authorities, string name, params SslApplicationProtocol[] protocols)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(authorities.Bundle);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return new SslClientAuthenticationOptions { TargetHost = name, ApplicationProtocols = [.. protocols], CertificateChainPolicy = policy };
    }
}

/// <summary>Both ends of one TLS connection.</summary>
internal sealed record TlsPair(SslStream Client, SslStream Server, Func<long> FromServer) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>A socket that counts what it receives.</summary>
internal sealed class Counting(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    public long Received { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await base.ReadAsync(buffer, cancellationToken);
        Received += count;
        return count;
    }
}
