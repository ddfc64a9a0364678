using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Tls;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Serving.Status;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Serving;

/// <summary>A whole engine that serves one alias of the gateway, and runs.</summary>
internal sealed class GatewayEngine : IAsyncDisposable
{
    public const string Key = "shop/payments";
    private static int ranges;
    private readonly CancellationTokenSource over = new();
    private readonly ServerCertificates certificates;
    private readonly Engine engine;
    private Task running = Task.CompletedTask;
    private IReadOnlyList<Finding> findings = [];

    private GatewayEngine(TimeProvider time)
    {
        var resolve = ResolveOptions.Default with { ServiceCidrs = [Cidr.Parse($"127.{200 + (Environment.ProcessId % 50)}.{160 + (Interlocked.Increment(ref ranges) % 60)}.0/24")] };
        certificates = new ServerCertificates(AuthoritySet.Empty, resolve.ServiceCidrs, time, static _ => { });
        engine = new Engine(
            new EngineOptions(resolve, [], [], [], DialPolicy.OneMachine, Relays: false),
            time,
            ClientTls.Of(certificates));
    }

    /// <summary>All that stand now.</summary>
    public IReadOnlyList<Finding> Findings => Volatile.Read(ref findings);

    /// <summary>What is served.</summary>
    public Live Live => engine.Live;

    /// <summary>The alias as it is served.</summary>
    public Alias Served => engine.Live.Snapshot.AliasOf(Key);

    public static Task<GatewayEngine> StartAsync(params object[] objects) => StartAsync(TimeProvider.System, objects);

    public static async Task<GatewayEngine> StartAsync(TimeProvider time, params object[] objects)
    {
        var started = new GatewayEngine(time);
        started.findings = (await started.engine.StartAsync(Given.View(objects))).Findings;
        started.running = started.engine.RunAsync(change => Volatile.Write(ref started.findings, change.Findings), started.over.Token);
        return started;
    }

    /// <summary>How the alias does.</summary>
    public AliasStatus Status => AliasStatus.Of(engine.Live, engine.Status, Given.Key(Key))[0];

    /// <summary>How the Alias does, as the API shows it.</summary>
    public AliasReport Report => AliasReports.Of(engine.Live.Snapshot, engine.Status).Single(static report => report.Key == Given.Key(Key));

    public void Accept(params object[] objects) => engine.Accept(Given.View(objects));

    /// <summary>A client that dials the alias whatever the URL says.</summary>
    public HttpClient Client(int port, Version version) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        SslOptions = new() { CertificateChainPolicy = Trust() },
        ConnectCallback = async (_, cancellation) => new NetworkStream(
            await GatewayRig.DialAsync(new IPEndPoint(Served.ServiceAddresses[0], port), cancellation), ownsSocket: true),
    })
    {
        BaseAddress = new Uri(port == GatewayRig.Secure ? "https://payments/" : "http://payments/"),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(30),
    };

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await running;
        await engine.DisposeAsync();
        certificates.Dispose();
        over.Dispose();
    }

    private X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        foreach (var authority in certificates.Authorities.Authorities)
            policy.CustomTrustStore.Add(authority.Certificate);
        return policy;
    }
}
