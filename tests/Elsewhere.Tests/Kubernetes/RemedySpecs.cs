using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes;

/// <summary>Whoever wrote something that the API server refuses is told what to write instead.</summary>
public sealed class RemedySpecs
{
    [Theory]
    [InlineData("spec: { portz: [] }", "Did you mean ports?")]
    [InlineData("spec: { ports: [{ port: 80, prot: TCP }] }", "Did you mean protocol?")]
    [InlineData("spec: { ports: [{ port: 80, colour: red }] }", "Remove it. What may stand there: kubectl explain service.spec.ports")]
    [InlineData("spec: { ports: [{ port: '80' }] }", "Write the number without quotes.")]
    [InlineData("spec: { ports: [{ port: 80, appProtocol: 1.1 }] }", "Write the value in quotes")]
    [InlineData("spec: { ports: [{ port: 0, targetPort: 80 }] }", "Write a port from 1 to 65535.")]
    [InlineData("spec: { ports: [{ port: 80, name: Web_Page }, { port: 81, name: b }] }", "Write web-page")]
    [InlineData("spec: { ports: [{ port: 80 }], type: Elsewhere }", "Write one of these values.")]
    [InlineData("spec: { ports: [{ port: 80 }], sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }", "kubectl explain service.spec.sessionAffinityConfig.clientIP.timeoutSeconds")]
    public void A_service_that_is_refused_is_told_what_to_write(string spec, string remedy)
    {
        var finding = Assert.Single(Errors($"apiVersion: v1\nkind: Service\nmetadata: {{ name: web }}\n{spec}\n"));

        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_origin_on_this_machine_has_a_way()
    {
        var finding = Assert.Single(Errors("apiVersion: v1\nkind: Endpoints\nmetadata: { name: web }\nsubsets: [{ addresses: [{ ip: 127.0.0.1 }], ports: [{ port: 80 }] }]\n"));

        Assert.Contains("Alias with the origin tcp://", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void No_error_about_the_recorded_manifests_is_without_a_remedy()
    {
        var seen = 0;
        foreach (var recorded in ValidationCases.Recorded.Concat(ValidationCases.Derived))
        {
            foreach (var finding in Errors(ValidationCases.Expand(recorded)))
            {
                seen++;

                // What to write there instead is the finding behind it.
                Assert.True(finding.Remedy.Length > 0 || finding.Field == "spec.externalName", $"{recorded.GetProperty("id")}: {finding.Field}: {finding.Message}");
            }
        }

        Assert.True(seen > 200, $"only {seen} errors");
    }

    private static IEnumerable<Finding> Errors(string manifest) =>
        ManifestReader.Read([new ManifestSource("a.yaml", Encoding.UTF8.GetBytes(manifest))], ReadOptions.Default).Findings.Where(static finding => finding.Severity == Severity.Error);
}
