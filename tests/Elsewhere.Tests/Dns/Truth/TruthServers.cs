using System.Net;
using Elsewhere.Dns;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Truth;

/// <summary>The recorded cluster, served by our own reader, resolver of objects, table and sockets: one server for each profile.</summary>
public sealed class TruthServers : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> running = [];
    private readonly Dictionary<string, IPEndPoint> servers = [];

    internal static string Folder { get; } = Path.Combine(Repository.Root, "specs", "dns", "truth");

    internal static AliasSnapshot Snapshot { get; } = Load();

    internal IPEndPoint this[string profile] => servers[profile];

    public Task InitializeAsync()
    {
        var upstream = TruthUpstream.Start(Path.Combine(Folder, "upstream.zone"));

        // Recorded without a cache: a clock that stands still counts no TTL down.
        var resolver = new UpstreamResolver(
            new UpstreamOptions([upstream.EndPoint]) { KeepAuthoritative = true, ProbeForLoops = false }, new FakeTimeProvider());
        Start("plain", DnsTableOptions.Default, resolver.QueryAsync);
        Start("authoritative-only", DnsTableOptions.Default, null);
        Start("in-cluster", DnsTableOptions.Default with { OwnAddresses = [IPText.Parse("10.244.0.53")], PodNames = true }, resolver.QueryAsync);
        running.Add(resolver);
        running.Add(upstream);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var one in running)
            await one.DisposeAsync();
    }

    private void Start(string profile, DnsTableOptions options, UpstreamQuery? upstream)
    {
        var table = DnsTable.Build(Snapshot, options);
        var server = DnsServer.Start(
            new DnsServerOptions([new IPEndPoint(IPAddress.Loopback, 0)]) { Workers = 1 }, () => table, upstream, TimeProvider.System);
        Assert.All(server.Listeners, report => Assert.Null(report.Problem));
        running.Add(server);
        servers[profile] = server.EndPoints[0];
    }

    private static AliasSnapshot Load()
    {
        Seq<Cidr> ranges = [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")];
        var source = new ManifestSource("objects.yaml", File.ReadAllBytes(Path.Combine(Folder, "objects.yaml")));
        var view = ManifestReader.Read([source], ReadOptions.Default with { ServiceCidrs = ranges });
        Assert.DoesNotContain(view.Findings, finding => finding.Severity == Severity.Error);
        return Resolve.Run(view, ResolveOptions.Default with { ServiceCidrs = ranges });
    }
}
