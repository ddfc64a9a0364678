using System.Net;
using System.Text;
using Elsewhere.Dns;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class ClusterNamesSpecs
{
    private const string Manifests = """
        apiVersion: v1
        kind: Service
        metadata: { name: web, namespace: shop }
        spec: { clusterIP: 127.96.0.77, ports: [{ port: 80 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: inside, namespace: shop }
        spec: { type: ExternalName, externalName: web.shop.svc.cluster.local }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: outside, namespace: shop }
        spec: { type: ExternalName, externalName: api.payments.example }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: peers, namespace: shop }
        spec: { clusterIP: None, ports: [{ port: 80 }] }
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: peers-1, namespace: shop, labels: { kubernetes.io/service-name: peers } }
        addressType: IPv6
        endpoints: [{ addresses: ["2001:db8::7"], hostname: one }]
        ports: [{ port: 80 }]
        """;

    [Theory]
    [InlineData("web.shop.svc.cluster.local.", "127.96.0.77")]
    [InlineData("WEB.shop.svc.Cluster.local.", "127.96.0.77")]
    [InlineData("inside.shop.svc.cluster.local.", "127.96.0.77")]
    [InlineData("outside.shop.svc.cluster.local.", "-> api.payments.example.")]
    [InlineData("peers.shop.svc.cluster.local.", "2001:db8::7")]
    [InlineData("one.peers.shop.svc.cluster.local.", "2001:db8::7")]
    [InlineData("nobody.shop.svc.cluster.local.", "")]
    [InlineData("cluster.local.", "")]
    [InlineData("api.payments.example.", "outside")]
    [InlineData("cluster.local.example.", "outside")]
    public void A_name_leads_where_a_client_would_be_led(string name, string expected)
    {
        var view = ManifestReader.Read([new ManifestSource("test.yaml", Encoding.UTF8.GetBytes(Manifests))], ReadOptions.Default);
        var table = DnsTable.Build(Resolve.Run(view, ResolveOptions.Default), DnsTableOptions.Default);
        var found = ClusterNames.Find(table, DnsName.Parse(name));
        var text = found is null ? "outside" : found.Target is { } target ? $"-> {target}" : string.Join(' ', (IEnumerable<IPAddress>)found.Addresses);
        Assert.Equal(expected, text);
    }
}
