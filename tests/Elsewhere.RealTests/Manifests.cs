namespace Elsewhere.RealTests;

/// <summary>Small manifests that many tests need.</summary>
internal static class Manifests
{
    /// <summary>The article's option 2.</summary>
    public static string External(string @namespace, string name, string target) =>
        $$"""
        kind: Service
        apiVersion: v1
        metadata: { name: {{name}}, namespace: {{@namespace}} }
        spec:
          type: ExternalName
          externalName: {{target}}

        """;

    /// <summary>The article's option 1, port 80 to port 9000, with the EndpointSlice that came after Endpoints.</summary>
    public static string Relayed(string @namespace, string name, params string[] endpoints) =>
        $$"""
        kind: Service
        apiVersion: v1
        metadata: { name: {{name}}, namespace: {{@namespace}} }
        spec:
          ports: [{ port: 80, targetPort: 9000 }]
        ---
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: { name: {{name}}-1, namespace: {{@namespace}}, labels: { kubernetes.io/service-name: {{name}} } }
        addressType: IPv4
        ports: [{ port: 9000 }]
        endpoints: [{{string.Join(", ", endpoints.Select(endpoint => $"{{ addresses: [{endpoint}] }}"))}}]

        """;
}
