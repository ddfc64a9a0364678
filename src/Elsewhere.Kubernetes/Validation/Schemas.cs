namespace Elsewhere.Kubernetes.Validation;

/// <summary>The types of the API that are read here (Kubernetes 1.36, k8s.io/api v0.36).</summary>
internal static class Schemas
{
    private static readonly StringType Text = new();
    private static readonly BoolType Bool = new();
    private static readonly IntType Int32 = new(32);
    private static readonly IntType Int64 = new(64);
    private static readonly TimeType Time = new();
    private static readonly ListType Texts = new(Text);
    private static readonly MapType TextMap = new(Text);
    private static readonly MapType BytesMap = new(new BytesType());
    private static readonly StringType Uid = new("types.UID");
    private static readonly StringType Protocol = new("v1.Protocol");

    private static readonly StructType OwnerReference = new("OwnerReference",
        new("apiVersion", Text, Always: true), new("kind", Text, Always: true), new("name", Text, Always: true), new("uid", Uid, Always: true),
        new("controller", Bool, true), new("blockOwnerDeletion", Bool, true))
    {
        Atomic = true,
    };

    private static readonly StructType ManagedFieldsEntry = new("ManagedFieldsEntry",
        new("manager", Text), new("operation", new StringType("v1.ManagedFieldsOperationType")), new("apiVersion", Text), new("time", Time, true),
        new("fieldsType", Text), new("fieldsV1", new RawType(), true), new("subresource", Text));

    /// <summary><c>metav1.ObjectMeta</c>.</summary>
    public static StructType ObjectMeta { get; } = new("ObjectMeta",
        new("name", Text), new("generateName", Text), new("namespace", Text), new("selfLink", Text), new("uid", Uid), new("resourceVersion", Text),
        new("generation", Int64), new("creationTimestamp", Time, true), new("deletionTimestamp", Time, true), new("deletionGracePeriodSeconds", Int64, true),
        new("labels", TextMap), new("annotations", TextMap), new("ownerReferences", new ListType(OwnerReference, ListKind.Map, "uid")),
        new("finalizers", new ListType(Text, ListKind.Set)),
        new("managedFields", new ListType(ManagedFieldsEntry)));

    /// <summary><c>v1.ObjectReference</c>.</summary>
    public static StructType ObjectReference { get; } = new("ObjectReference",
        new("kind", Text), new("namespace", Text), new("name", Text), new("uid", Uid), new("apiVersion", Text), new("resourceVersion", Text), new("fieldPath", Text))
    {
        Atomic = true,
    };

    private static readonly StructType Condition = new("Condition",
        new("type", Text, Always: true), new("status", new StringType("v1.ConditionStatus"), Always: true), new("observedGeneration", Int64),
        new("lastTransitionTime", Time, true), new("reason", Text, Always: true), new("message", Text, Always: true));

    private static readonly StructType ServicePort = new("ServicePort",
        new("name", Text), new("protocol", Protocol, Default: "TCP"), new("appProtocol", Text, true), new("port", Int32, Always: true),
        new("targetPort", new IntOrStringType(), Always: true), new("nodePort", Int32));

    private static readonly StructType SessionAffinityConfig = new("SessionAffinityConfig",
        new Field("clientIP", new StructType("ClientIPConfig", new Field("timeoutSeconds", Int32, true)), true));

    private static readonly StructType ServiceSpec = new("ServiceSpec",
        new("ports", new ListType(ServicePort, ListKind.Map, "port", "protocol")), new("selector", new MapType(Text, Atomic: true)), new("clusterIP", Text), new("clusterIPs", Texts),
        new("type", new StringType("v1.ServiceType")), new("externalIPs", Texts), new("sessionAffinity", new StringType("v1.ServiceAffinity")),
        new("loadBalancerIP", Text), new("loadBalancerSourceRanges", Texts), new("externalName", Text),
        new("externalTrafficPolicy", new StringType("v1.ServiceExternalTrafficPolicy")), new("healthCheckNodePort", Int32),
        new("publishNotReadyAddresses", Bool), new("sessionAffinityConfig", SessionAffinityConfig, true),
        new("ipFamilies", new ListType(new StringType("v1.IPFamily"))), new("ipFamilyPolicy", new StringType("v1.IPFamilyPolicy"), true),
        new("allocateLoadBalancerNodePorts", Bool, true), new("loadBalancerClass", Text, true),
        new("internalTrafficPolicy", new StringType("v1.ServiceInternalTrafficPolicy"), true), new("trafficDistribution", Text, true));

    private static readonly StructType LoadBalancerIngress = new("LoadBalancerIngress",
        new("ip", Text), new("hostname", Text), new("ipMode", new StringType("v1.LoadBalancerIPMode"), true),
        new("ports", new ListType(new StructType("PortStatus",
            new("port", Int32, Always: true), new("protocol", Protocol, Always: true), new("error", Text, true)))));

    private static readonly StructType ServiceStatus = new("ServiceStatus",
        new("loadBalancer", new StructType("LoadBalancerStatus", new Field("ingress", new ListType(LoadBalancerIngress)))),
        new("conditions", new ListType(Condition, ListKind.Map, "type")));

    /// <summary><c>v1/Service</c>.</summary>
    public static StructType Service { get; } = Root("Service", new("spec", ServiceSpec), new("status", ServiceStatus));

    private static readonly ListType EndpointAddresses = new(new StructType("EndpointAddress",
        new("ip", Text, Always: true), new("hostname", Text), new("nodeName", Text, true), new("targetRef", ObjectReference, true)));

    /// <summary><c>v1/Endpoints</c>.</summary>
    public static StructType Endpoints { get; } = Root("Endpoints", new Field("subsets", new ListType(new StructType("EndpointSubset",
        new("addresses", EndpointAddresses), new("notReadyAddresses", EndpointAddresses),
        new("ports", new ListType(new StructType("EndpointPort",
            new("name", Text), new("port", Int32, Always: true), new("protocol", Protocol), new("appProtocol", Text, true))))))));

    private static readonly StructType EndpointHints = new("EndpointHints",
        new("forZones", new ListType(new StructType("ForZone", new Field("name", Text, Always: true)))),
        new("forNodes", new ListType(new StructType("ForNode", new Field("name", Text, Always: true)))));

    private static readonly StructType SliceEndpoint = new("Endpoint",
        new("addresses", Texts, Always: true),
        new("conditions", new StructType("EndpointConditions", new("ready", Bool, true), new("serving", Bool, true), new("terminating", Bool, true))),
        new("hostname", Text, true), new("targetRef", ObjectReference, true), new("deprecatedTopology", TextMap), new("nodeName", Text, true),
        new("zone", Text, true), new("hints", EndpointHints, true));

    /// <summary><c>discovery.k8s.io/v1/EndpointSlice</c>.</summary>
    public static StructType EndpointSlice { get; } = Root("EndpointSlice",
        new("addressType", new StringType("v1.AddressType"), Always: true), new("endpoints", new ListType(SliceEndpoint), Always: true),
        new("ports", new ListType(new StructType("EndpointPort",
            new("name", Text, true), new("protocol", Protocol, true), new("port", Int32, true), new("appProtocol", Text, true))), Always: true));

    /// <summary><c>v1/Namespace</c>.</summary>
    public static StructType Namespace { get; } = Root("Namespace",
        new("spec", new StructType("NamespaceSpec", new Field("finalizers", new ListType(new StringType("v1.FinalizerName"))))),
        new("status", new StructType("NamespaceStatus",
            new("phase", new StringType("v1.NamespacePhase")),
            new("conditions", new ListType(new StructType("NamespaceCondition",
                new("type", new StringType("v1.NamespaceConditionType"), Always: true), new("status", new StringType("v1.ConditionStatus"), Always: true),
                new("lastTransitionTime", Time, true), new("reason", Text), new("message", Text)), ListKind.Map, "type")))));

    /// <summary><c>v1/Secret</c>.</summary>
    public static StructType Secret { get; } = Root("Secret",
        new("immutable", Bool, true), new("data", BytesMap), new("stringData", TextMap), new("type", new StringType("v1.SecretType")));

    /// <summary><c>v1/ConfigMap</c>.</summary>
    public static StructType ConfigMap { get; } = Root("ConfigMap", new("immutable", Bool, true), new("data", TextMap), new("binaryData", BytesMap));

    /// <summary>A kind: type and object metadata, then its own fields.</summary>
    public static StructType Root(string name, params Field[] fields) =>
        new(name, [new("kind", Text), new("apiVersion", Text), new("metadata", ObjectMeta), .. fields]);
}
