namespace Elsewhere.Tests.Commands;

/// <summary>A directory of manifests, and a state directory beside it, for one test.</summary>
internal sealed class Manifests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("elsewhere-cli-").FullName;

    internal Manifests() => Directory.CreateDirectory(Path);

    internal string Path => System.IO.Path.Combine(root, "manifests");

    internal string State => System.IO.Path.Combine(root, "state");

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>Writes a file as careful editors do: beside it, then over it.</summary>
    internal string Write(string name, string content)
    {
        var (path, beside) = (System.IO.Path.Combine(Path, name), System.IO.Path.Combine(root, "beside"));
        File.WriteAllText(beside, content);
        File.Move(beside, path, overwrite: true);
        return path;
    }

    internal void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    /// <summary>A Service of type ExternalName.</summary>
    internal static string External(string name, string target) => $$"""
        apiVersion: v1
        kind: Service
        metadata: { name: {{name}}, namespace: shop }
        spec: { type: ExternalName, externalName: {{target}} }

        """;

    /// <summary>A Service without a selector and its slice, one TCP port, one IPv4 endpoint.</summary>
    internal static string Relayed(string name, int port, string address, int targetPort) => $$"""
        apiVersion: v1
        kind: Service
        metadata: { name: {{name}}, namespace: shop }
        spec: { ports: [{ name: web, port: {{port}} }] }
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: {{name}}-1, namespace: shop, labels: { kubernetes.io/service-name: {{name}} } }
        addressType: IPv4
        ports: [{ name: web, port: {{targetPort}} }]
        endpoints: [{ addresses: ["{{address}}"] }]

        """;

    /// <summary>An Alias with one TCP origin; the only way to lead to a loopback address, which Kubernetes refuses in endpoints.</summary>
    internal static string Alias(string name, int port, string origin) => $$"""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: {{name}}, namespace: shop }
        spec: { origins: [{ url: "tcp://{{origin}}" }], ports: [{ name: web, port: {{port}} }] }

        """;
}
