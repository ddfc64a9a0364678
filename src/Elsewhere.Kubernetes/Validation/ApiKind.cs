namespace Elsewhere.Kubernetes.Validation;

/// <summary>A kind that is read here.</summary>
/// <param name="Group">Its API group; empty for the core group.</param>
/// <param name="Version">Its version.</param>
/// <param name="Kind">Its name.</param>
/// <param name="Namespaced">Whether its objects live in a namespace.</param>
/// <param name="Schema">Its fields.</param>
internal sealed record ApiKind(string Group, string Version, string Kind, bool Namespaced, StructType Schema)
{
    public static ApiKind Service { get; } = new("", "v1", "Service", true, Schemas.Service);

    public static ApiKind Endpoints { get; } = new("", "v1", "Endpoints", true, Schemas.Endpoints);

    public static ApiKind EndpointSlice { get; } = new("discovery.k8s.io", "v1", "EndpointSlice", true, Schemas.EndpointSlice);

    public static ApiKind Namespace { get; } = new("", "v1", "Namespace", false, Schemas.Namespace);

    public static ApiKind Secret { get; } = new("", "v1", "Secret", true, Schemas.Secret);

    public static ApiKind ConfigMap { get; } = new("", "v1", "ConfigMap", true, Schemas.ConfigMap);

    public static ApiKind Alias { get; } = new("elsewhere.dev", "v1alpha1", "Alias", true, AliasSchema.Alias);

    public static ApiKind AliasPolicy { get; } = new("elsewhere.dev", "v1alpha1", "AliasPolicy", false, AliasSchema.AliasPolicy);

    public static ApiKind Event { get; } = new("", "v1", "Event", true, ServerSchemas.Event);

    /// <summary>The newer form of <see cref="Event"/>; the objects are the same.</summary>
    public static ApiKind EventsEvent { get; } = new("events.k8s.io", "v1", "Event", true, ServerSchemas.EventsEvent);

    public static ApiKind Lease { get; } = new("coordination.k8s.io", "v1", "Lease", true, ServerSchemas.Lease);

    public static ApiKind CustomResourceDefinition { get; } = new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", false, ServerSchemas.CustomResourceDefinition);

    /// <summary>A question that is answered and not kept.</summary>
    public static ApiKind SelfSubjectAccessReview { get; } = new("authorization.k8s.io", "v1", "SelfSubjectAccessReview", false, ServerSchemas.SelfSubjectAccessReview);

    /// <summary>What one may do, asked in a namespace.</summary>
    public static ApiKind SelfSubjectRulesReview { get; } = new("authorization.k8s.io", "v1", "SelfSubjectRulesReview", false, ServerSchemas.SelfSubjectRulesReview);

    /// <summary>Who one is.</summary>
    public static ApiKind SelfSubjectReview { get; } = new("authentication.k8s.io", "v1", "SelfSubjectReview", false, ServerSchemas.SelfSubjectReview);

    /// <summary>The metadata of an object of any kind, as an object of its own.</summary>
    /// <param name="version">The version of <c>meta.k8s.io</c>: <c>v1</c> or <c>v1beta1</c>.</param>
    public static ApiKind PartialObjectMetadata(string version) => new("meta.k8s.io", version, "PartialObjectMetadata", true, ServerSchemas.PartialObjectMetadata);

    /// <summary>Every kind that is read from manifests.</summary>
    public static IReadOnlyList<ApiKind> All { get; } = [Service, Endpoints, EndpointSlice, Namespace, Secret, ConfigMap, Alias, AliasPolicy];

    /// <summary>Group and version as a manifest writes them.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The kind as error messages name it, <c>EndpointSlice.discovery.k8s.io</c>.</summary>
    public string Qualified => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    /// <summary>The kind of that name and version, or null.</summary>
    public static ApiKind? Find(string apiVersion, string kind)
    {
        foreach (var known in All)
        {
            if (known.Kind == kind && known.ApiVersion == apiVersion)
                return known;
        }

        return null;
    }
}
