using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>Our mirrored slices beside those that a real controller made of the same objects; names are drawn by lot there, and order is free.</summary>
public sealed class RecordedMirrorSpecs
{
    private static readonly string Folder = Path.Combine(Repository.Root, "specs", "dns", "truth");

    [Fact]
    public void Our_slices_hold_what_the_controllers_slices_held()
    {
        var recorded = Read("controller-slices.yaml").EndpointSlices.Where(s => s.ManagedBy == EndpointsMirror.ManagedBy);
        var ours = Resolve.Run(Read("objects.yaml"), Given.Options("10.96.0.0/16,fd00:10:96::/112")).EndpointSlices
            .Where(s => s.ManagedBy == EndpointsMirror.ManagedBy);
        Assert.Equal(recorded.Select(Text).Order(StringComparer.Ordinal), ours.Select(Text).Order(StringComparer.Ordinal));
        Assert.Equal(12, recorded.Count());
    }

    private static ClusterView Read(string file) =>
        ManifestReader.Read([new ManifestSource(file, File.ReadAllBytes(Path.Combine(Folder, file)))], ReadOptions.Default);

    private static string Text(EndpointSliceView slice)
    {
        var text = new StringBuilder($"{slice.Key.Namespace}/{slice.ServiceName} {slice.AddressType}");
        foreach (var port in slice.Ports.Select(p => $" {p.Name ?? ""}:{p.Port}/{p.Protocol} {p.AppProtocol}").Order(StringComparer.Ordinal))
            text.Append(port);
        foreach (var endpoint in slice.Endpoints.Select(e => $" {e.Addresses} {e.Hostname} {e.IsReady}").Order(StringComparer.Ordinal))
            text.Append(endpoint);
        return text.ToString();
    }
}
