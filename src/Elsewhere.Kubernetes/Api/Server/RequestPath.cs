using Elsewhere.Kubernetes.Api.Discovery;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What a path of the API names.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Namespace">The namespace; empty for all of them, or for a cluster-scoped resource.</param>
/// <param name="Name">The object; empty for all of them.</param>
/// <param name="Subresource">The part of the object; empty for the object itself.</param>
/// <param name="Watch">Whether it is one of the old paths that watch.</param>
internal sealed record RequestPath(ApiResource Resource, string Namespace, string Name, string Subresource, bool Watch)
{
    /// <summary>Whether it names objects in all namespaces of a resource that has namespaces.</summary>
    public bool IsEverywhere => Resource.Kind.Namespaced && Namespace.Length == 0;

    /// <summary>Reads what stands behind group and version; null if there is no such resource.</summary>
    /// <param name="group">The group; empty for the core group.</param>
    /// <param name="version">The version.</param>
    /// <param name="rest">The segments.</param>
    public static RequestPath? Read(string group, string version, ReadOnlySpan<string> rest)
    {
        var watch = rest[0] == "watch" && rest.Length > 1;
        if (watch)
            rest = rest[1..];
        var space = "";
        // namespaces/NAME/status is a part of a namespace, namespaces/NAME/services what is in it.
        if (rest[0] == "namespaces" && rest.Length > 2 && !(group.Length == 0 && rest.Length == 3 && rest[2] is "status" or "finalize"))
        {
            space = rest[1];
            rest = rest[2..];
        }

        if (rest.Length > 3 || ApiResource.Find(group, version, rest[0]) is not { } resource || (space.Length > 0 && !resource.Kind.Namespaced))
            return null;
        var name = rest.Length > 1 ? rest[1] : "";
        var part = rest.Length > 2 ? rest[2] : "";
        if ((name.Length > 0 && resource.Kind.Namespaced && space.Length == 0) || (part.Length > 0 && resource.Subresources.All(s => s.Name != part)))
            return null;
        return new(resource, space, name, part, watch);
    }
}
