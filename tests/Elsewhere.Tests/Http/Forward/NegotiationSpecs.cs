using System.Collections.Concurrent;
using System.Net;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Origins that say by ALPN what they speak: each connection is with the client that speaks it.</summary>
public sealed class NegotiationSpecs
{
    private const string Name = "api.payments.example";
    private readonly TestCa ca = new();
    private readonly ConcurrentDictionary<string, bool> connections = new();

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    public async Task U8_many_first_requests_find_out_together(HttpProtocols protocols, string spoken)
    {
        await using var origin = await StartAsync(protocols);
        await using var rig = await RigAsync(origin.Port);
        using var client = rig.Client("shop/payments");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => client.GetStringAsync("http://payments/")));

        Assert.All(answers, answer => Assert.Equal(spoken, answer));
        Assert.InRange(connections.Count, 1, protocols == HttpProtocols.Http1 ? 40 : 1);
    }

    [Fact]
    public async Task An_origin_may_change_what_it_speaks()
    {
        var first = await StartAsync(HttpProtocols.Http1AndHttp2);
        var port = first.Port;
        await using var rig = await RigAsync(port);
        using var client = rig.Client("shop/payments");
        Assert.Equal("HTTP/2", await client.GetStringAsync("http://payments/"));
        await first.DisposeAsync();

        await using (await StartAsync(HttpProtocols.Http1, port))
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal("HTTP/1.1", await client.GetStringAsync("http://payments/"));
        }

        await using (await StartAsync(HttpProtocols.Http1AndHttp2, port))
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal("HTTP/2", await client.GetStringAsync("http://payments/"));
        }
    }

    [Fact]
    public async Task Connections_by_TLS_are_used_again_in_HTTP_1_1_too()
    {
        await using var origin = await StartAsync(HttpProtocols.Http1);
        await using var rig = await RigAsync(origin.Port);
        using var client = rig.Client("shop/payments");

        for (var i = 0; i < 20; i++)
            Assert.Equal("HTTP/1.1", await client.GetStringAsync("http://payments/"));

        Assert.Single(connections);
    }

    private Task<KestrelOrigin> StartAsync(HttpProtocols protocols, int port = 0) => KestrelOrigin.StartAsync(
        context =>
        {
            connections.TryAdd(context.Connection.Id, true);
            return context.Response.WriteAsync(context.Request.Protocol);
        },
        protocols, ca.Issue([Name]), port: port);

    private async Task<GatewayRig> RigAsync(int port)
    {
        var alias = GatewayRig.Alias("shop/payments", $"https://{Name}:{port}");
        var rig = await GatewayRig.StartAsync(
            alias with { Origins = [alias.Origins[0] with { Tls = OriginTlsView.Default with { CaCertificates = new KeyReference(ReferenceKind.ConfigMap, "ca", "ca.crt") } }] },
            new ConfigMapView(new ObjectKey("shop", "ca"), [new DataEntry("ca.crt", ca.Bundle)], null));
        return rig.With(Name, IPAddress.Loopback);
    }
}
