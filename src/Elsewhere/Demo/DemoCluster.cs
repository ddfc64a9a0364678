using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Elsewhere.Dns;
using Elsewhere.Http.Tls;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Serving;

namespace Elsewhere.Demo;

/// <summary>A manifest, served as <c>elsewhere run</c> serves it, in this process and at addresses of its own; nothing is kept.</summary>
internal sealed class DemoCluster : IAsyncDisposable
{
    // Beside the range of an elsewhere that may be running.
    private static readonly Seq<Cidr> ranges = [Cidr.Parse("127.97.0.0/16")];
    private readonly Engine engine;
    private readonly ServerCertificates certificates;
    private readonly UpstreamResolver client;

    private DemoCluster(Engine engine, ServerCertificates certificates, UpstreamResolver client) =>
        (this.engine, this.certificates, this.client) = (engine, certificates, client);

    /// <summary>What clients trust beside the system's CAs.</summary>
    internal X509Certificate2Collection Authorities => [.. certificates.Authorities.Authorities.Select(static authority => authority.Certificate)];

    /// <summary>What is wrong with it: nothing, if the demo shows what it is for.</summary>
    internal IReadOnlyList<Finding> Findings { get; private init; } = [];

    internal static async Task<DemoCluster> StartAsync(string manifest, DemoPlace place, TimeProvider time)
    {
        var certificates = new ServerCertificates(AuthoritySet.Empty, ranges, time, static _ => { });
        var options = new EngineOptions(
            ResolveOptions.Default with { ServiceCidrs = ranges }, [new IPEndPoint(ranges[0].AddressAt(10), 0)], [], [place.NameServer], DialPolicy.OneMachine, Relays: true);
        var engine = new Engine(options, time, ClientTls.Of(certificates));
        var view = ManifestReader.Read([new ManifestSource("demo.yaml", Encoding.UTF8.GetBytes(manifest))], ReadOptions.Default);
        var start = await engine.StartAsync(view);
        var client = new UpstreamResolver(new UpstreamOptions(DnsPlace.Answering(engine.DnsListeners)), time);
        return new DemoCluster(engine, certificates, client) { Findings = start.Findings };
    }

    /// <summary>The article's second way: a CNAME.</summary>
    internal static string Plain() =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata: { name: shop }
        spec:
          type: ExternalName
          externalName: {{DemoPlace.OriginName}}
        """;

    /// <summary>The same through the gateway.</summary>
    internal static string Alias(DemoPlace place, X509Certificate2 authority) => string.Create(CultureInfo.InvariantCulture,
        $$"""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: shop }
        spec:
          origins:
          - url: https://{{place.OriginHost}}
            tls: { caCertificates: { configMapRef: { name: shop-ca, key: ca.crt } } }
          ports: [{ name: http, port: {{place.Plain}} }, { name: https, port: {{place.Secure}}, appProtocol: https }]
        ---
        {{Authority(authority)}}
        """);

    /// <summary>The CA of the origin, as the Alias refers to it.</summary>
    internal static string Authority(X509Certificate2 authority) =>
        $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: shop-ca }
        data:
          ca.crt: |
            {{authority.ExportCertificatePem().Replace("\n", "\n    ", StringComparison.Ordinal)}}
        """;

    /// <summary>The address of a name, asked of cluster DNS by a real question; null if there is no such name.</summary>
    internal async Task<IPAddress?> AddressAsync(string name, CancellationToken cancellation)
    {
        var question = DnsName.Parse($"{name}.svc.cluster.local");
        return await client.QueryAsync(question, RecordType.A, RecordClass.In, cancellation) is { } reply && reply.Answer.FirstOrDefault(static record => record.Type == RecordType.A) is { } record
            ? IPText.Parse(Commands.RecordText.Data(record)) : null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await engine.DrainAsync(TimeSpan.Zero);
        await engine.DisposeAsync();
        certificates.Dispose();
    }
}
