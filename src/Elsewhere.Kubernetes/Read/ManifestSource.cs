using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>One file of manifests.</summary>
/// <param name="Path">The path as the user gave it; <c>-</c> for standard input. It names the file in findings.</param>
/// <param name="Content">Its bytes: YAML or JSON in UTF-8, one document or several.</param>
public sealed record ManifestSource(string Path, ReadOnlyMemory<byte> Content);

/// <summary>How manifests are read.</summary>
/// <param name="DefaultNamespace">The namespace of objects that name none.</param>
/// <param name="ServiceCidrs">The ranges that an explicit <c>clusterIP</c> must lie in, the default family first; empty: any address of both families.</param>
public sealed record ReadOptions(string DefaultNamespace, Seq<Cidr> ServiceCidrs)
{
    /// <summary>Namespace <c>default</c>, any service address.</summary>
    public static ReadOptions Default { get; } = new("default", []);
}
