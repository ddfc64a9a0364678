using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api;

/// <summary>An object of the API as the data plane reads it: by the same step as an object of a file.</summary>
internal static class ApiView
{
    private const string ManagedBy = "endpointslice.kubernetes.io/managed-by";
    private static readonly SourcePlace Place = new("api", 0, 0);

    /// <summary>The object as a file would hold it; null if the data plane does not use it.</summary>
    public static ManifestObject? Of(StoredObject item)
    {
        var kind = item.Collection.Kind;
        if (item.Collection == Collection.Events || item.Collection == Collection.Leases || !Validation.ApiKind.All.Contains(kind))
            return null;
        var tree = item.Parse();
        // What was mirrored is mirrored again from its Endpoints.
        if (item.Collection == Collection.EndpointSlices && tree["metadata"]!["labels"]?.Str(ManagedBy) == EndpointsMirror.ManagedBy)
            return null;
        return ViewBuilder.Build(kind, tree, item.Key, Place) is { } view
            ? new(kind.Qualified, new(kind.ApiVersion, kind.Kind, item.Key.Namespace, item.Key.Name), item.Key, view, Place)
            : null;
    }
}
