using System.Text;
using Elsewhere.Http.Tls;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Tls;

public sealed class OriginTlsFindingSpecs
{
    [Fact]
    public void An_origin_that_cannot_be_verified_is_a_finding_and_the_others_are_none()
    {
        const string Manifests = """
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: blind, namespace: shop }
            spec: { origins: [{ url: "https://blind.example", tls: { verify: false } }] }
            ---
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: broken, namespace: shop }
            spec: { origins: [{ url: "https://broken.example", tls: { caCertificates: { configMapRef: { name: cas, key: ca.crt } } } }] }
            ---
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: well, namespace: shop }
            spec: { origins: [{ url: "https://well.example" }] }
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: cas, namespace: shop }
            data: { ca.crt: rubbish }
            """;
        var view = ManifestReader.Read([new ManifestSource("test.yaml", Encoding.UTF8.GetBytes(Manifests))], ReadOptions.Default);

        var findings = OriginTlsFindings.Of(Resolve.Run(view, ResolveOptions.Default)).ToArray();

        Assert.Equal(["origin-tls-unusable shop/broken"], findings.Select(static finding => $"{finding.Code} {finding.Object.Namespace}/{finding.Object.Name}"));
        Assert.Contains("broken.example", findings[0].Message, StringComparison.Ordinal);
    }
}
