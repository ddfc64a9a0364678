using System.Net;
using System.Threading.Channels;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Serving;

/// <summary>Ports that go from the relay to the gateway and back.</summary>
public sealed class HandOverSpecs
{
    [Fact]
    public async Task An_annotation_moves_a_port_to_the_gateway_and_its_removal_back_to_the_relay()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Field("Host")!)));
        var resolve = ResolveOptions.Default with { ServiceCidrs = [Cidr.Parse($"127.{200 + (Environment.ProcessId % 50)}.251.0/24")] };
        using var certificates = new ServerCertificates(AuthoritySet.Empty, resolve.ServiceCidrs, TimeProvider.System, static _ => { });
        await using var engine = new Engine(
            new EngineOptions(resolve, [], [], [], DialPolicy.OneMachine, Relays: true),
            TimeProvider.System,
            ClientTls.Of(certificates));
        var changes = Channel.CreateUnbounded<EngineChange>();
        await engine.StartAsync(View(origin.Port, gateway: false));
        using var over = new CancellationTokenSource();
        var running = engine.RunAsync(change => changes.Writer.TryWrite(change), over.Token);

        foreach (var gateway in (bool[])[false, true, false, true])
        {
            var served = engine.Live.Snapshot.AliasOf("shop/web");
            if ((served.Gateway is not null) != gateway)
            {
                _ = engine.Accept(View(origin.Port, gateway));
                await changes.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
            }

            Assert.DoesNotContain(engine.Live.Snapshot.Findings, static finding => finding.Severity == Severity.Error);
            using var client = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellation) => new System.Net.Sockets.NetworkStream(
                    await GatewayRig.DialAsync(new IPEndPoint(served.ServiceAddresses[0], 8080), cancellation), ownsSocket: true),
            });
            Assert.Equal(gateway ? $"127.0.0.1:{origin.Port}" : "web:8080", await client.GetStringAsync("http://web:8080/"));
        }

        await over.CancelAsync();
        await running;
    }

    private static ClusterView View(int port, bool gateway) => Given.View(
        Given.Service("shop/web", Given.Port(8080, "http")) with { Gateway = gateway },
        Given.Slice("shop/web-1", "web", "127.0.0.1", Given.SlicePort(port, "http")));
}
