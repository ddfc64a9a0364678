using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>A gateway that serves aliases at addresses of its own: port 8080 in clear, port 8443 by TLS.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    public const int Plain = 8080, Secure = 8443;
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);
    private static int ranges;
    private readonly ResolveOptions options;
    private readonly Dictionary<DnsName, IPAddress> names = [];

    private GatewayRig(TimeProvider time, ClientLimits clients)
    {
        var next = Interlocked.Increment(ref ranges);
        options = ResolveOptions.Default with { ServiceCidrs = [Cidr.Parse($"127.{100 + (Environment.ProcessId % 100)}.{next % 250}.0/24")] };
        Certificates = new ServerCertificates(AuthoritySet.Empty, options.ServiceCidrs, time, static _ => { });
        Server = new GatewayServer(new GatewayOptions { Resolve = Resolve, Certificates = Certificates.Select, Clients = clients }, time);
    }

    public GatewayServer Server { get; }

    /// <summary>How often clients were refused under a code.</summary>
    public long Refused(string code) => Server.Faults.All.Where(fault => fault.Code == code).Sum(static fault => fault.Count);

    public ServerCertificates Certificates { get; }

    public AliasSnapshot Snapshot { get; private set; } = new(ResolveOptions.Default.ClusterDomain, [], [], [], [], AddressBook.Empty);

    public static Task<GatewayRig> StartAsync(params object[] objects) => StartAsync(new ClientLimits(), objects);

    public static async Task<GatewayRig> StartAsync(ClientLimits clients, params object[] objects)
    {
        var rig = new GatewayRig(TimeProvider.System, clients);
        await rig.ApplyAsync(objects);
        return rig;
    }

    /// <summary>An alias of the gateway, port 8080 in clear and 8443 by TLS.</summary>
    public static AliasView Alias(string key, params string[] origins) => Given.Alias(key, AliasMode.Gateway, origins) with
    {
        Ports = [new("http", Plain, Protocol.Tcp, "", "http"), new("https", Secure, Protocol.Tcp, "", "https")],
    };

    /// <summary>Says what a name of an origin resolves to.</summary>
    public GatewayRig With(string name, IPAddress address)
    {
        names[DnsName.Parse(name)] = address;
        return this;
    }

    public async Task ApplyAsync(params object[] objects)
    {
        Snapshot = Elsewhere.Model.Resolve.Run(Given.View(objects), options with { Previous = Snapshot.Addresses });
        Certificates.Apply(CertificateSubject.Of(Snapshot));
        var problems = await Server.ApplyAsync(GatewayTable.Build(Snapshot), TimeSpan.Zero);
        Assert.True(problems.IsEmpty, string.Join('\n', problems));
    }

    public IPEndPoint At(string key, int port = Plain) => new(Snapshot.AliasOf(key).ServiceAddresses[0], port);

    /// <summary>A client that dials an alias whatever the URL says.</summary>
    public HttpClient Client(string key, int port = Plain) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        SslOptions = new() { CertificateChainPolicy = Trust() },
        ConnectCallback = async (_, cancellation) => new NetworkStream(await DialAsync(At(key, port), cancellation), ownsSocket: true),
    })
    {
        Timeout = deadline,
    };

    /// <summary>How a client trusts the aliases.</summary>
    public System.Net.Security.SslClientAuthenticationOptions Trusting(string name) => new() { TargetHost = name, CertificateChainPolicy = Trust() };

    /// <summary>Sends bytes to an alias, and reads what comes until the end of the connection.</summary>
    public async Task<string> RawAsync(string key, string bytes, int port = Plain)
    {
        using var socket = await DialAsync(At(key, port), CancellationToken.None);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(bytes));
        using var limit = new CancellationTokenSource(deadline);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync(limit.Token);
    }

    /// <summary>An alias whose origin speaks HTTP/2 in clear; so does its own port.</summary>
    public static AliasView H2c(string key, int port) => Alias(key, $"http://127.0.0.1:{port}") with
    {
        Ports = [new("grpc", Plain, Protocol.Tcp, "", "kubernetes.io/h2c"), new("https", Secure, Protocol.Tcp, "", "https")],
    };

    public static async Task<Socket> DialAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint, cancellation);
        return socket;
    }

    private X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        foreach (var authority in Certificates.Authorities.Authorities)
            policy.CustomTrustStore.Add(authority.Certificate);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Certificates.Dispose();
    }

    private ValueTask<OriginState?> Resolve(DnsName name, CancellationToken cancellation) => ValueTask.FromResult<OriginState?>(
        names.TryGetValue(name, out var address)
            ? new OriginState(name, [address], TimeSpan.FromSeconds(30), TimeProvider.System.GetUtcNow(), null)
            : new OriginState(name, [], TimeSpan.Zero, null, "no such name"));
}
