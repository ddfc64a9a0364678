namespace Elsewhere.Model;

/// <summary>What declares an alias: one of the two.</summary>
/// <param name="Service">A Service, or null.</param>
/// <param name="Resource">An Alias resource, or null.</param>
/// <param name="Gateway">Whether the Service's HTTP ports go through the gateway.</param>
/// <param name="Notes">What follows from the Service; null for an Alias resource.</param>
internal sealed record Declaration(ServiceView? Service, AliasView? Resource, bool Gateway = false, ServiceNotes? Notes = null)
{
    public ObjectKey Key => Service is not null ? Service.Key : Resource!.Key;

    public SourcePlace? Place => Service is not null ? Service.Place : Resource!.Place;

    /// <summary>Whether it has service addresses.</summary>
    public bool NeedsAddress =>
        Service is not null
            ? Service.Type == ServiceType.ExternalName ? Gateway : !Service.Headless
            : Resource!.Mode != AliasMode.ExternalName;

    public ObjectRef Object => Notes is not null ? Notes.Declared : Of(Resource!);

    public static ObjectRef Of(ServiceView service) => new("v1", "Service", service.Key.Namespace, service.Key.Name);

    public static ObjectRef Of(AliasView alias) => new("elsewhere.dev/v1alpha1", "Alias", alias.Key.Namespace, alias.Key.Name);

    public static ObjectRef Of(EndpointsView endpoints) => new("v1", "Endpoints", endpoints.Key.Namespace, endpoints.Key.Name);

    public static ObjectRef Of(EndpointSliceView slice) => new("discovery.k8s.io/v1", "EndpointSlice", slice.Key.Namespace, slice.Key.Name);
}
