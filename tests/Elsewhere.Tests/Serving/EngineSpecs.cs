using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Relay;

namespace Elsewhere.Tests.Serving;

public sealed class EngineSpecs
{
    private const string Manifests = """
        apiVersion: v1
        kind: Service
        metadata: { name: peers, namespace: shop }
        spec: { clusterIP: None, ports: [{ port: 80 }] }
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: peers-1, namespace: shop, labels: { kubernetes.io/service-name: peers } }
        addressType: IPv4
        endpoints: [{ addresses: ["192.0.2.8"], hostname: one }, { addresses: ["192.0.2.9"], hostname: two }]
        ports: [{ port: 80 }]
        ---
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: leader, namespace: shop }
        spec: { origins: [{ url: "tcp://two.peers.shop.svc.cluster.local:9000" }], ports: [{ name: web, port: 80 }] }
        """;

    [Fact]
    public async Task An_origin_may_be_one_endpoint_of_a_headless_service()
    {
        await using var engine = new Engine(Options([], []), TimeProvider.System);
        await engine.StartAsync(View());
        using var over = new CancellationTokenSource();
        var running = engine.RunAsync(static _ => { }, over.Token);
        await Eventually.TrueAsync(
            () => engine.Live.Relays.Entries.Any(static entry => entry.Targets.Any(static target => target.Address.ToString() == "192.0.2.9")), "the endpoint is a target");
        Assert.DoesNotContain(engine.Live.Relays.Entries, static entry => entry.Targets.Any(static target => target.Address.ToString() == "192.0.2.8"));
        await over.CancelAsync();
        await running;
    }

    [Fact]
    public async Task D23_an_upstream_that_is_ourselves_is_a_finding_soon_after_the_start()
    {
        var self = FreeEndPoint();
        await using var engine = new Engine(Options([self], [self]), TimeProvider.System);
        var start = await engine.StartAsync(View());
        Assert.DoesNotContain(start.Findings, static finding => finding.Code == ServingFindingCodes.DnsNotListening.Name);
        using var over = new CancellationTokenSource();
        var found = new TaskCompletionSource<Finding>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = engine.RunAsync(Look, over.Token);
        Assert.Contains(self.ToString(), (await found.Task.WaitAsync(TimeSpan.FromSeconds(30))).Message, StringComparison.Ordinal);
        await over.CancelAsync();
        await running;

        void Look(EngineChange change)
        {
            foreach (var finding in change.NewFindings.Where(static finding => finding.Code == ServingFindingCodes.UpstreamLoop.Name))
                found.TrySetResult(finding);
        }
    }

    private static EngineOptions Options(Seq<IPEndPoint> listen, Seq<IPEndPoint> upstreams) =>
        new(ResolveOptions.Default, listen, [], upstreams, DialPolicy.OneMachine, Relays: false);

    private static ClusterView View() =>
        ManifestReader.Read([new ManifestSource("test.yaml", Encoding.UTF8.GetBytes(Manifests))], ReadOptions.Default);

    // An address of its own, so that nobody else takes the port meanwhile.
    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        socket.Bind(new IPEndPoint(RelayKit.NextAddress(), 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
