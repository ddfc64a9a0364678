using System.Security.Cryptography;
using System.Text;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Discovery;

/// <summary>A part of a resource with a path of its own, <c>services/NAME/status</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Verbs">What can be done with it.</param>
internal sealed record ApiSubresource(string Name, IReadOnlyList<string> Verbs);

/// <summary>A kind as the API serves it: under which name, and what can be done with it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Plural">The name in paths, <c>endpointslices</c>.</param>
/// <param name="Singular">The name for one.</param>
/// <param name="ShortNames">What kubectl takes instead.</param>
/// <param name="Categories">Groups of resources that kubectl takes instead, such as <c>all</c>.</param>
/// <param name="Verbs">What can be done with it, in the API server's order.</param>
/// <param name="Subresources">Its parts.</param>
internal sealed record ApiResource(
    ApiKind Kind,
    string Plural,
    string Singular,
    IReadOnlyList<string> ShortNames,
    IReadOnlyList<string> Categories,
    IReadOnlyList<string> Verbs,
    IReadOnlyList<ApiSubresource> Subresources)
{
    private static readonly string[] Every = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] EveryCustom = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    private static readonly ApiSubresource Status = new("status", ["get", "patch", "update"]);

    /// <summary>Every resource that is served, by group and then by name.</summary>
    public static IReadOnlyList<ApiResource> All { get; } =
    [
        new(ApiKind.ConfigMap, "configmaps", "configmap", ["cm"], [], Every, []),
        new(ApiKind.Endpoints, "endpoints", "endpoints", ["ep"], [], Every, []),
        new(ApiKind.Event, "events", "event", ["ev"], [], Every, []),
        new(ApiKind.Namespace, "namespaces", "namespace", ["ns"], [], [.. Every.Where(v => v != "deletecollection")], [new("finalize", ["update"]), Status]),
        new(ApiKind.Secret, "secrets", "secret", [], [], Every, []),
        new(ApiKind.Service, "services", "service", ["svc"], ["all"], Every, [Status]),
        new(ApiKind.EventsEvent, "events", "event", ["ev"], [], Every, []),
        new(ApiKind.CustomResourceDefinition, "customresourcedefinitions", "customresourcedefinition", ["crd", "crds"], ["api-extensions"], ["get", "list", "watch"], []),
        new(ApiKind.Lease, "leases", "lease", [], [], Every, []),
        new(ApiKind.EndpointSlice, "endpointslices", "endpointslice", [], [], Every, []),
        new(ApiKind.Alias, "aliases", "alias", ["als"], ["all", "elsewhere"], EveryCustom, [Status]),
        new(ApiKind.AliasPolicy, "aliaspolicies", "aliaspolicy", ["alspol"], ["elsewhere"], EveryCustom, [Status]),
    ];

    /// <summary>
    /// Resources that are always empty here: no machine of ours runs Pods, and nobody can create what would become some. They are shown, since
    /// <c>kubectl apply --prune</c>, <c>describe namespace</c> and <c>cluster-info dump</c> go through them and fail where one is not known.
    /// </summary>
    public static IReadOnlyList<ApiResource> Empty { get; } =
    [
        None("", "LimitRange", "limitranges", ["limits"], []),
        None("", "Node", "nodes", ["no"], [], false),
        None("", "PersistentVolume", "persistentvolumes", ["pv"], [], false),
        None("", "PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"], []),
        None("", "Pod", "pods", ["po"], ["all"]),
        None("", "ReplicationController", "replicationcontrollers", ["rc"], ["all"]),
        None("", "ResourceQuota", "resourcequotas", ["quota"], []),
        None("apps", "DaemonSet", "daemonsets", ["ds"], ["all"]),
        None("apps", "Deployment", "deployments", ["deploy"], ["all"]),
        None("apps", "ReplicaSet", "replicasets", ["rs"], ["all"]),
        None("apps", "StatefulSet", "statefulsets", ["sts"], ["all"]),
        None("batch", "CronJob", "cronjobs", ["cj"], ["all"]),
        None("batch", "Job", "jobs", [], ["all"]),
        None("networking.k8s.io", "Ingress", "ingresses", ["ing"], []),
    ];

    /// <summary>Questions: they are answered where they are sent, and not kept.</summary>
    public static IReadOnlyList<ApiResource> Reviews { get; } =
    [
        Review(ApiKind.SelfSubjectReview, "selfsubjectreviews"),
        Review(ApiKind.SelfSubjectAccessReview, "selfsubjectaccessreviews"),
        Review(ApiKind.SelfSubjectRulesReview, "selfsubjectrulesreviews"),
    ];

    /// <summary>Every resource that discovery tells of, by group and then by name.</summary>
    public static IReadOnlyList<ApiResource> Shown { get; } = [.. All.Concat(Empty).Concat(Reviews).GroupBy(r => r.Kind.Group).SelectMany(g => g.OrderBy(r => r.Plural, StringComparer.Ordinal))];

    /// <summary>Whether there is never an object of it.</summary>
    public bool IsEmpty { get; private init; }

    /// <summary>Whether its objects are stored.</summary>
    public bool IsStored => Verbs.Contains("get");

    /// <summary>The resource of a path, or null.</summary>
    public static ApiResource? Find(string group, string version, string plural)
    {
        foreach (var resource in Shown)
        {
            if (resource.Plural == plural && resource.Kind.Group == group && resource.Kind.Version == version)
                return resource;
        }

        return null;
    }

    /// <summary>How a kind is served.</summary>
    public static ApiResource Of(ApiKind kind) => All.First(r => r.Kind == kind);

    private static ApiResource None(string group, string kind, string plural, string[] shortNames, string[] categories, bool namespaced = true) =>
        new(new(group, "v1", kind, namespaced, Schemas.Root(kind)), plural, kind.ToLowerInvariant(), shortNames, categories, ["delete", "get", "list", "watch"], []) { IsEmpty = true };

    private static ApiResource Review(ApiKind kind, string plural) => new(kind, plural, kind.Kind.ToLowerInvariant(), [], [], ["create"], []);

    /// <summary>The kind of a list of them.</summary>
    public string ListKind => Kind.Kind + "List";

    /// <summary>The name in messages, <c>endpointslices.discovery.k8s.io</c>.</summary>
    public string Qualified => Kind.Group.Length == 0 ? Plural : $"{Plural}.{Kind.Group}";

    /// <summary>What tells clients whether objects are stored in the same form as before (apiserver <c>discovery.StorageVersionHash</c>).</summary>
    public string StorageVersionHash =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{Kind.Group}/{Kind.Version}/{Kind.Kind}")).AsSpan(0, 8));
}
