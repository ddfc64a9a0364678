using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>The names that types have in OpenAPI documents, <c>io.k8s.api.core.v1.Service</c>, and which types a document needs.</summary>
internal static class TypeNames
{
    /// <summary><c>metav1.Time</c>.</summary>
    public const string Time = Meta + "Time";

    /// <summary><c>metav1.MicroTime</c>.</summary>
    public const string MicroTime = Meta + "MicroTime";

    /// <summary><c>intstr.IntOrString</c>.</summary>
    public const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

    /// <summary><c>metav1.FieldsV1</c>.</summary>
    public const string FieldsV1 = Meta + "FieldsV1";

    /// <summary><c>metav1.ListMeta</c>.</summary>
    public const string ListMeta = Meta + "ListMeta";

    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string Core = "io.k8s.api.core.v1.";

    private static readonly HashSet<string> MetaTypes = ["ObjectMeta", "OwnerReference", "ManagedFieldsEntry", "Condition"];

    private static readonly Dictionary<StructType, string> Names = Collect();

    /// <summary>The name of a structure.</summary>
    public static string Of(StructType type) => Names[type];

    /// <summary>The name of the list of a kind's objects.</summary>
    public static string OfList(ApiKind kind) => Names[kind.Schema] + "List";

    /// <summary>Every structure that objects of a kind are made of, each once, the kind itself first.</summary>
    public static IEnumerable<StructType> Reached(ApiKind kind) => Walk(kind.Schema).Distinct(ReferenceEqualityComparer.Instance).Cast<StructType>();

    private static Dictionary<StructType, string> Collect()
    {
        // Two types of equal fields are still two types.
        var names = new Dictionary<StructType, string>(ReferenceEqualityComparer.Instance);
        foreach (var resource in ApiResource.Shown)
        {
            foreach (var type in Reached(resource.Kind))
                names.TryAdd(type, PackageOf(resource.Kind, type) + type.Name);
        }

        return names;
    }

    private static string PackageOf(ApiKind kind, StructType type)
    {
        if (MetaTypes.Contains(type.Name) && kind.Group != "elsewhere.dev")
            return Meta;
        return type.Name == "ObjectReference" ? Core : kind.Group switch
        {
            "" => Core,
            "discovery.k8s.io" => "io.k8s.api.discovery.v1.",
            "events.k8s.io" => "io.k8s.api.events.v1.",
            "coordination.k8s.io" => "io.k8s.api.coordination.v1.",
            "apps" or "batch" => $"io.k8s.api.{kind.Group}.v1.",
            "authentication.k8s.io" or "authorization.k8s.io" or "networking.k8s.io" => $"io.k8s.api.{kind.Group[..^".k8s.io".Length]}.v1.",
            "apiextensions.k8s.io" => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.",
            _ => type.Name == "ObjectMeta" ? Meta : $"{string.Join('.', kind.Group.Split('.').Reverse())}.{kind.Version}.",
        };
    }

    private static IEnumerable<StructType> Walk(FieldType type) => type switch
    {
        StructType structure => structure.Fields.SelectMany(static field => Walk(field.Type)).Prepend(structure),
        ListType list => Walk(list.Item),
        MapType map => Walk(map.Value),
        _ => [],
    };
}
