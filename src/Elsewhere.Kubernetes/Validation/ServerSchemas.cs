namespace Elsewhere.Kubernetes.Validation;

/// <summary>The types that only a server deals in: no manifest declares them (Kubernetes 1.36, k8s.io/api v0.36).</summary>
internal static class ServerSchemas
{
    private static readonly StringType Text = new();
    private static readonly BoolType Bool = new();
    private static readonly IntType Int32 = new(32);
    private static readonly IntType Int64 = new(64);
    private static readonly TimeType Time = new();
    private static readonly TimeType MicroTime = new(Micro: true);
    private static readonly ListType Texts = new(Text);

    private static readonly StructType EventSource = new("EventSource", new("component", Text), new("host", Text));

    private static readonly StructType EventSeries = new("EventSeries", new("count", Int32), new("lastObservedTime", MicroTime, true));

    private static readonly StructType SeriesOfEvents = new("EventSeries", new("count", Int32, Always: true), new("lastObservedTime", MicroTime, true, true));

    /// <summary><c>v1/Event</c>.</summary>
    public static StructType Event { get; } = Schemas.Root("Event",
        new("involvedObject", Schemas.ObjectReference), new("reason", Text), new("message", Text), new("source", EventSource),
        new("firstTimestamp", Time, true), new("lastTimestamp", Time, true), new("count", Int32), new("type", Text), new("eventTime", MicroTime, true, true),
        new("series", EventSeries, true), new("action", Text), new("related", Schemas.ObjectReference, true),
        new("reportingComponent", Text, Always: true), new("reportingInstance", Text, Always: true));

    /// <summary><c>events.k8s.io/v1/Event</c>: the same objects in another form.</summary>
    public static StructType EventsEvent { get; } = Schemas.Root("Event",
        new("eventTime", MicroTime, true, true), new("series", SeriesOfEvents, true), new("reportingController", Text), new("reportingInstance", Text),
        new("action", Text), new("reason", Text), new("regarding", Schemas.ObjectReference), new("related", Schemas.ObjectReference, true),
        new("note", Text), new("type", Text), new("deprecatedSource", EventSource), new("deprecatedFirstTimestamp", Time, true),
        new("deprecatedLastTimestamp", Time, true), new("deprecatedCount", Int32));

    /// <summary><c>coordination.k8s.io/v1/Lease</c>.</summary>
    public static StructType Lease { get; } = Schemas.Root("Lease",
        new Field("spec", new StructType("LeaseSpec",
            new("holderIdentity", Text, true), new("leaseDurationSeconds", Int32, true), new("acquireTime", MicroTime, true), new("renewTime", MicroTime, true),
            new("leaseTransitions", Int32, true), new("strategy", new StringType("v1.CoordinatedLeaseStrategy"), true), new("preferredHolder", Text, true))));

    private static readonly ListType Requirements = new(new StructType("SelectorRequirement",
        new("key", Text, Always: true), new("operator", Text, Always: true), new("values", Texts)));

    /// <summary><c>authorization.k8s.io/v1/SelfSubjectAccessReview</c>.</summary>
    public static StructType SelfSubjectAccessReview { get; } = Schemas.Root("SelfSubjectAccessReview",
        new("spec", new StructType("SelfSubjectAccessReviewSpec",
            new("resourceAttributes", new StructType("ResourceAttributes",
                new("namespace", Text), new("verb", Text), new("group", Text), new("version", Text), new("resource", Text), new("subresource", Text), new("name", Text),
                new("fieldSelector", new StructType("FieldSelectorAttributes", new("rawSelector", Text), new("requirements", Requirements)), true),
                new("labelSelector", new StructType("LabelSelectorAttributes", new("rawSelector", Text), new("requirements", Requirements)), true)), true),
            new("nonResourceAttributes", new StructType("NonResourceAttributes", new("path", Text), new("verb", Text)), true)), Always: true),
        new("status", new StructType("SubjectAccessReviewStatus",
            new("allowed", Bool, Always: true), new("denied", Bool), new("reason", Text), new("evaluationError", Text))));

    /// <summary><c>authorization.k8s.io/v1/SelfSubjectRulesReview</c>.</summary>
    public static StructType SelfSubjectRulesReview { get; } = Schemas.Root("SelfSubjectRulesReview",
        new("spec", new StructType("SelfSubjectRulesReviewSpec", new Field("namespace", Text)), Always: true),
        new("status", new StructType("SubjectRulesReviewStatus",
            new("resourceRules", new ListType(new StructType("ResourceRule", new("verbs", Texts, Always: true), new("apiGroups", Texts), new("resources", Texts), new("resourceNames", Texts))), Always: true),
            new("nonResourceRules", new ListType(new StructType("NonResourceRule", new("verbs", Texts, Always: true), new("nonResourceURLs", Texts))), Always: true),
            new("incomplete", Bool, Always: true), new("evaluationError", Text)), Always: true));

    /// <summary><c>authentication.k8s.io/v1/SelfSubjectReview</c>.</summary>
    public static StructType SelfSubjectReview { get; } = Schemas.Root("SelfSubjectReview",
        new Field("status", new StructType("SelfSubjectReviewStatus",
            new Field("userInfo", new StructType("UserInfo", new("username", Text), new("uid", Text), new("groups", Texts))))));

    /// <summary><c>meta.k8s.io PartialObjectMetadata</c>.</summary>
    public static StructType PartialObjectMetadata { get; } = Schemas.Root("PartialObjectMetadata");

    private static readonly StructType ResourceNames = new("CustomResourceDefinitionNames",
        new("plural", Text, Always: true), new("singular", Text), new("shortNames", Texts), new("kind", Text, Always: true), new("listKind", Text), new("categories", Texts));

    private static readonly StructType PrinterColumn = new("CustomResourceColumnDefinition",
        new("name", Text, Always: true), new("type", Text, Always: true), new("format", Text), new("description", Text), new("priority", Int32), new("jsonPath", Text, Always: true));

    private static readonly StructType Version = new("CustomResourceDefinitionVersion",
        new("name", Text, Always: true), new("served", Bool, Always: true), new("storage", Bool, Always: true), new("deprecated", Bool), new("deprecationWarning", Text, true),
        new("schema", new StructType("CustomResourceValidation", new Field("openAPIV3Schema", new RawType(), true)), true),
        new("subresources", new StructType("CustomResourceSubresources", new("status", new RawType(), true), new("scale", new RawType(), true)), true),
        new("additionalPrinterColumns", new ListType(PrinterColumn)), new("selectableFields", new ListType(new StructType("SelectableField", new Field("jsonPath", Text, Always: true)))));

    private static readonly StructType Condition = new("CustomResourceDefinitionCondition",
        new("type", Text, Always: true), new("status", Text, Always: true), new("lastTransitionTime", Time, true), new("reason", Text), new("message", Text),
        new("observedGeneration", Int64));

    /// <summary><c>apiextensions.k8s.io/v1/CustomResourceDefinition</c>.</summary>
    public static StructType CustomResourceDefinition { get; } = Schemas.Root("CustomResourceDefinition",
        new("spec", new StructType("CustomResourceDefinitionSpec",
            new("group", Text, Always: true), new("names", ResourceNames), new("scope", Text, Always: true), new("versions", new ListType(Version), Always: true),
            new("conversion", new StructType("CustomResourceConversion", new Field("strategy", Text, Always: true)), true), new("preserveUnknownFields", Bool))),
        new("status", new StructType("CustomResourceDefinitionStatus",
            new("conditions", new ListType(Condition, ListKind.Map, "type")), new("acceptedNames", ResourceNames), new("storedVersions", Texts), new("observedGeneration", Int64))));
}
