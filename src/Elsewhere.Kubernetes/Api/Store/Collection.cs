using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>The objects of one kind, and how they behave when they are written.</summary>
internal sealed class Collection
{
    private Collection(int index, ApiKind kind)
    {
        Index = index;
        Kind = kind;
        Resource = ApiResource.Of(kind);
    }

    public static Collection Namespaces { get; } = new(0, ApiKind.Namespace) { ReturnsDeleted = true };

    public static Collection Services { get; } = new(1, ApiKind.Service) { ReturnsDeleted = true, CreatesOnUpdate = true };

    public static Collection Endpoints { get; } = new(2, ApiKind.Endpoints) { CreatesOnUpdate = true };

    public static Collection EndpointSlices { get; } = new(3, ApiKind.EndpointSlice);

    public static Collection Secrets { get; } = new(4, ApiKind.Secret);

    public static Collection ConfigMaps { get; } = new(5, ApiKind.ConfigMap);

    public static Collection Events { get; } = new(6, ApiKind.Event) { CreatesOnUpdate = true };

    public static Collection Leases { get; } = new(7, ApiKind.Lease) { CreatesOnUpdate = true };

    public static Collection Aliases { get; } = new(8, ApiKind.Alias) { IsCustom = true };

    public static Collection AliasPolicies { get; } = new(9, ApiKind.AliasPolicy) { IsCustom = true };

    public static Collection CustomResourceDefinitions { get; } = new(10, ApiKind.CustomResourceDefinition);

    /// <summary>All of them, by <see cref="Index"/>.</summary>
    public static IReadOnlyList<Collection> All { get; } =
        [Namespaces, Services, Endpoints, EndpointSlices, Secrets, ConfigMaps, Events, Leases, Aliases, AliasPolicies, CustomResourceDefinitions];

    /// <summary>Its place among the others.</summary>
    public int Index { get; }

    /// <summary>The kind of its objects, in the form in which they are kept.</summary>
    public ApiKind Kind { get; }

    /// <summary>How it is reached.</summary>
    public ApiResource Resource { get; }

    /// <summary>Whether a PUT of an object that does not exist creates it.</summary>
    public bool CreatesOnUpdate { get; private init; }

    /// <summary>Whether a DELETE answers with the object, not with a Status.</summary>
    public bool ReturnsDeleted { get; private init; }

    /// <summary>Whether it is defined by a CustomResourceDefinition: its generation counts changes of all but metadata and status.</summary>
    public bool IsCustom { get; private init; }

    /// <summary>Where objects of a kind are kept; the two forms of events are the same objects. Null if there are none.</summary>
    public static Collection? Of(ApiKind kind)
    {
        if (kind == ApiKind.EventsEvent)
            return Events;
        foreach (var collection in All)
        {
            if (collection.Kind == kind)
                return collection;
        }

        return null;
    }

    /// <summary>Where objects of that kind are kept, or null.</summary>
    public static Collection? Find(string apiVersion, string kind)
    {
        foreach (var collection in All)
        {
            if (collection.Kind.Kind == kind && collection.Kind.ApiVersion == apiVersion)
                return collection;
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Resource.Qualified;
}
