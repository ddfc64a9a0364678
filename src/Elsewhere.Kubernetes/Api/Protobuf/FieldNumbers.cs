using System.Collections.Frozen;
using System.Globalization;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>
/// The numbers that the fields of built-in kinds have on the wire (<c>generated.proto</c> of k8s.io/api and k8s.io/apimachinery, v0.36). A field that has no number
/// here is not sent.
/// </summary>
internal static class FieldNumbers
{
    private static readonly FrozenDictionary<string, FrozenDictionary<string, int>> Types = Parse(
    [
        "ObjectMeta name 1 generateName 2 namespace 3 selfLink 4 uid 5 resourceVersion 6 generation 7 creationTimestamp 8 deletionTimestamp 9 "
            + "deletionGracePeriodSeconds 10 labels 11 annotations 12 ownerReferences 13 finalizers 14 managedFields 17",
        "OwnerReference kind 1 name 3 uid 4 apiVersion 5 controller 6 blockOwnerDeletion 7",
        "ManagedFieldsEntry manager 1 operation 2 apiVersion 3 time 4 fieldsType 6 fieldsV1 7 subresource 8",
        "ObjectReference kind 1 namespace 2 name 3 uid 4 apiVersion 5 resourceVersion 6 fieldPath 7",
        "Condition type 1 status 2 observedGeneration 3 lastTransitionTime 4 reason 5 message 6",
        "Namespace metadata 1 spec 2 status 3",
        "NamespaceSpec finalizers 1",
        "NamespaceStatus phase 1 conditions 2",
        "NamespaceCondition type 1 status 2 lastTransitionTime 4 reason 5 message 6",
        "Service metadata 1 spec 2 status 3",
        "ServiceSpec ports 1 selector 2 clusterIP 3 type 4 externalIPs 5 sessionAffinity 7 loadBalancerIP 8 loadBalancerSourceRanges 9 externalName 10 "
            + "externalTrafficPolicy 11 healthCheckNodePort 12 publishNotReadyAddresses 13 sessionAffinityConfig 14 ipFamilyPolicy 17 clusterIPs 18 ipFamilies 19 "
            + "allocateLoadBalancerNodePorts 20 loadBalancerClass 21 internalTrafficPolicy 22 trafficDistribution 23",
        "ServicePort name 1 protocol 2 port 3 targetPort 4 nodePort 5 appProtocol 6",
        "SessionAffinityConfig clientIP 1",
        "ClientIPConfig timeoutSeconds 1",
        "ServiceStatus loadBalancer 1 conditions 2",
        "LoadBalancerStatus ingress 1",
        "LoadBalancerIngress ip 1 hostname 2 ipMode 3 ports 4",
        "PortStatus port 1 protocol 2 error 3",
        "Endpoints metadata 1 subsets 2",
        "EndpointSubset addresses 1 notReadyAddresses 2 ports 3",
        "EndpointAddress ip 1 targetRef 2 hostname 3 nodeName 4",
        "EndpointSlice metadata 1 endpoints 2 ports 3 addressType 4",
        "Endpoint addresses 1 conditions 2 hostname 3 targetRef 4 deprecatedTopology 5 nodeName 6 zone 7 hints 8",
        "EndpointConditions ready 1 serving 2 terminating 3",
        "EndpointHints forZones 1 forNodes 2",
        "ForZone name 1",
        "ForNode name 1",
        "Secret metadata 1 data 2 type 3 stringData 4 immutable 5",
        "ConfigMap metadata 1 data 2 binaryData 3 immutable 4",
        "Lease metadata 1 spec 2",
        "LeaseSpec holderIdentity 1 leaseDurationSeconds 2 acquireTime 3 renewTime 4 leaseTransitions 5 strategy 6 preferredHolder 7",
        "EventSource component 1 host 2",
        "EventSeries count 1 lastObservedTime 2",
        "SelfSubjectAccessReview metadata 1 spec 2 status 3",
        "SelfSubjectAccessReviewSpec resourceAttributes 1 nonResourceAttributes 2",
        "ResourceAttributes namespace 1 verb 2 group 3 version 4 resource 5 subresource 6 name 7 fieldSelector 8 labelSelector 9",
        "FieldSelectorAttributes rawSelector 1 requirements 2",
        "LabelSelectorAttributes rawSelector 1 requirements 2",
        "SelectorRequirement key 1 operator 2 values 3",
        "NonResourceAttributes path 1 verb 2",
        "SelfSubjectRulesReview metadata 1 spec 2 status 3",
        "SelfSubjectRulesReviewSpec namespace 1",
        "SubjectRulesReviewStatus resourceRules 1 nonResourceRules 2 incomplete 3 evaluationError 4",
        "ResourceRule verbs 1 apiGroups 2 resources 3 resourceNames 4",
        "NonResourceRule verbs 1 nonResourceURLs 2",
        "SelfSubjectReview metadata 1 status 2",
        "SelfSubjectReviewStatus userInfo 1",
        "UserInfo username 1 uid 2 groups 3",
        "SubjectAccessReviewStatus allowed 1 reason 2 evaluationError 3 denied 4",
        "DeleteOptions gracePeriodSeconds 1 preconditions 2 orphanDependents 3 propagationPolicy 4 dryRun 5",
        "Preconditions uid 1 resourceVersion 2",
        "ListMeta selfLink 1 resourceVersion 2 continue 3 remainingItemCount 4",
        "Status metadata 1 status 2 message 3 reason 4 details 5 code 6",
        "PartialObjectMetadata metadata 1",
        .. ApiResource.Empty.Select(static resource => resource.Kind.Kind + " metadata 1"),
    ]);

    // Names that two groups give to different types.
    private static readonly FrozenDictionary<string, int> CorePort = Numbers("name 1 port 2 protocol 3 appProtocol 4");
    private static readonly FrozenDictionary<string, int> SlicePort = Numbers("name 1 protocol 2 port 3 appProtocol 4");
    private static readonly FrozenDictionary<string, int> CoreEvent = Numbers(
        "metadata 1 involvedObject 2 reason 3 message 4 source 5 firstTimestamp 6 lastTimestamp 7 count 8 type 9 eventTime 10 series 11 action 12 related 13 "
        + "reportingComponent 14 reportingInstance 15");
    private static readonly FrozenDictionary<string, int> NewEvent = Numbers(
        "metadata 1 eventTime 2 series 3 reportingController 4 reportingInstance 5 action 6 reason 7 regarding 8 related 9 note 10 type 11 deprecatedSource 12 "
        + "deprecatedFirstTimestamp 13 deprecatedLastTimestamp 14 deprecatedCount 15");

    /// <summary>Whether objects of a kind can be written to the wire: custom resources cannot.</summary>
    public static bool Has(ApiKind kind) => Of(kind.Schema).Count > 0;

    /// <summary>The numbers of a type's fields by name; empty for a type that has none.</summary>
    public static FrozenDictionary<string, int> Of(StructType type) => type.Name switch
    {
        "EndpointPort" => type.IndexOf("port") == 1 ? CorePort : SlicePort,
        "Event" => type.IndexOf("note") >= 0 ? NewEvent : CoreEvent,
        _ => Types.GetValueOrDefault(type.Name, FrozenDictionary<string, int>.Empty),
    };

    private static FrozenDictionary<string, FrozenDictionary<string, int>> Parse(string[] lines) =>
        lines.Select(static line => line.Split(' ', 2)).ToFrozenDictionary(static parts => parts[0], static parts => Numbers(parts[1]), StringComparer.Ordinal);

    private static FrozenDictionary<string, int> Numbers(string text) =>
        text.Split(' ').Chunk(2).ToFrozenDictionary(static pair => pair[0], static pair => int.Parse(pair[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
