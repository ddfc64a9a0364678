using System.Globalization;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Bench;

/// <summary>Clusters of any size, always the same: nine of ten aliases as the article's option 1, one as its option 2; twenty in a namespace.</summary>
internal static class Clusters
{
    private const int PerNamespace = 20;
    private const int ExternalNameEvery = 10;

    public static ResolveOptions Options { get; } = ResolveOptions.Default;

    public static string NamespaceOf(int number) => string.Create(CultureInfo.InvariantCulture, $"team-{number / PerNamespace}");

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number}");

    public static bool IsExternalName(int number) => number % ExternalNameEvery == ExternalNameEvery - 1;

    public static IPAddress EndpointOf(int number) => new([203, 0, (byte)(113 + number / 62_500), (byte)(1 + number % 250)]);

    public static ClusterView View(int size) => new(
        [],
        Enumerable.Range(0, size).Select(Service).OrderBy(service => service.Key).ToSeq(),
        [],
        Enumerable.Range(0, size).Where(number => !IsExternalName(number)).Select(Slice).OrderBy(slice => slice.Key).ToSeq(),
        [],
        []);

    /// <summary>The manifests of one alias.</summary>
    public static string Manifest(int number) => IsExternalName(number)
        ? $$"""
          kind: Service
          apiVersion: v1
          metadata: { name: {{NameOf(number)}}, namespace: {{NamespaceOf(number)}} }
          spec: { type: ExternalName, externalName: {{NameOf(number)}}.example.test }

          """
        : $$"""
          kind: Service
          apiVersion: v1
          metadata: { name: {{NameOf(number)}}, namespace: {{NamespaceOf(number)}} }
          spec: { ports: [{ port: 8080, targetPort: 9000 }] }
          ---
          kind: EndpointSlice
          apiVersion: discovery.k8s.io/v1
          metadata: { name: {{NameOf(number)}}-1, namespace: {{NamespaceOf(number)}}, labels: { kubernetes.io/service-name: {{NameOf(number)}} } }
          addressType: IPv4
          ports: [{ port: 9000 }]
          endpoints: [{ addresses: [{{EndpointOf(number)}}] }]

          """;

    private static ServiceView Service(int number)
    {
        var external = IsExternalName(number);
        var target = external ? $"{NameOf(number)}.example.test" : null;
        return new ServiceView(
            new ObjectKey(NamespaceOf(number), NameOf(number)),
            external ? ServiceType.ExternalName : ServiceType.ClusterIP,
            Headless: false, [], target, target,
            external ? [] : [new ServicePortView("", 8080, Protocol.Tcp, "9000", "")],
            HasSelector: false, PublishNotReadyAddresses: false, ClientIPAffinity: null, [], IPFamilyPolicy: null, [], Gateway: null, Place: null);
    }

    private static EndpointSliceView Slice(int number) => new(
        new ObjectKey(NamespaceOf(number), NameOf(number) + "-1"), NameOf(number), ManagedBy: "", AddressType.IPv4,
        [new EndpointView([EndpointOf(number)], [], Hostname: "", Ready: null, Serving: null, Terminating: null)],
        [new SlicePortView("", 9000, Protocol.Tcp, "")], Place: null);
}
