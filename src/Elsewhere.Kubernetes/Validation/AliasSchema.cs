namespace Elsewhere.Kubernetes.Validation;

/// <summary>The types of <c>elsewhere.dev/v1alpha1</c>.</summary>
internal static class AliasSchema
{
    private static readonly StringType Text = new();
    private static readonly BoolType Bool = new();
    private static readonly IntType Int32 = new(32);
    private static readonly ListType Texts = new(Text);

    private static readonly StructType KeyRef = new("KeyReference", new("name", Text), new("key", Text));

    private static readonly StructType SecretRef = new("SecretReference", new Field("name", Text));

    private static readonly StructType Tls = new("OriginTls",
        new("serverName", Text),
        new("caCertificates", new StructType("CaCertificates", new("configMapRef", KeyRef, true), new("secretRef", KeyRef, true)), true),
        new("clientCertificate", new StructType("ClientCertificate",
            new Field("secretRef", SecretRef, true)), true),
        new("minimumVersion", Text), new("verify", Bool, true));

    private static readonly StructType Origin = new("Origin",
        new("url", Text), new("priority", Int32), new("weight", Int32, true), new("addresses", Texts), new("tls", Tls, true), new("proxy", Text));

    private static readonly StructType Port = new("AliasPort",
        new("name", Text), new("port", Int32, Always: true), new("protocol", Text), new("appProtocol", Text));

    private static readonly ListType Headers = new(new StructType("Header",
        new("name", Text), new("value", Text, true),
        new("valueFrom", new StructType("HeaderSource", new("secretKeyRef", KeyRef, true), new("configMapKeyRef", KeyRef, true)), true)));

    private static readonly StructType Http = new("AliasHttp",
        new("host", Text),
        new("rewrite", new StructType("Rewrite", new("headers", Bool, true), new("cookies", Bool, true), new("bodies", Text), new("aliases", Text)), true),
        new("requestHeaders", new StructType("RequestHeaders", new("set", Headers), new("add", Headers), new("remove", Texts)), true),
        new("timeouts", new StructType("Timeouts", new("connect", Text), new("request", Text), new("idle", Text)), true),
        new("retries", new StructType("Retries", new("attempts", Int32, true), new("on", Texts)), true),
        new("rateLimit", new StructType("RateLimit", new("requestsPerSecond", Int32), new("burst", Int32), new("concurrency", Int32)), true));

    private static readonly StructType HealthCheck = new("HealthCheck",
        new("http", new StructType("HttpHealthCheck", new("path", Text), new("expectedStatus", Texts)), true), new("tcp", new StructType("TcpHealthCheck"), true),
        new("interval", Text), new("timeout", Text), new("healthyThreshold", Int32, true), new("unhealthyThreshold", Int32, true));

    private static readonly StructType Condition = new("Condition",
        new("type", Text, Always: true), new("status", Text, Always: true), new("observedGeneration", new IntType(64)),
        new("lastTransitionTime", new TimeType(), true), new("reason", Text, Always: true), new("message", Text, Always: true));

    /// <summary><c>elsewhere.dev/v1alpha1/Alias</c>.</summary>
    public static StructType Alias { get; } = Schemas.Root("Alias",
        new("spec", new StructType("AliasSpec",
            new("origins", new ListType(Origin)), new("mode", Text), new("ports", new ListType(Port)), new("hostnames", new ListType(Text, ListKind.Set)),
            new("tls", new StructType("AliasTls", new Field("certificate", new StructType("AliasCertificate", new Field("secretRef", SecretRef, true)), true)), true),
            new("http", Http, true), new("healthCheck", HealthCheck, true))),
        new("status", new StructType("AliasStatus",
            new("conditions", new ListType(Condition, ListKind.Map, "type")), new("origins", new ListType(new RawType())), new("addresses", Texts)), true));

    /// <summary><c>elsewhere.dev/v1alpha1/AliasPolicy</c>: which origins a namespace may use, by host pattern, range and port.</summary>
    public static StructType AliasPolicy { get; } = Schemas.Root("AliasPolicy",
        new("spec", new StructType("AliasPolicySpec",
            new("namespaces", Texts),
            new("allow", new ListType(new StructType("AliasPolicyRule", new("hosts", Texts), new("cidrs", Texts), new("ports", new ListType(Int32))))))),
        new("status", new StructType("AliasPolicyStatus", new Field("conditions", new ListType(Condition, ListKind.Map, "type"))), true));
}
