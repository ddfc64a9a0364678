using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.Tables;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using static Elsewhere.Kubernetes.Api.OpenApi.JsonTree;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>
/// The CustomResourceDefinitions of <c>elsewhere.dev</c>, made of the schemas that this program itself decodes by: what a cluster is given, and what the embedded API
/// shows. Rules are CEL inside the schema, so that no webhook stands between a user and the API server.
/// </summary>
internal static class CustomResources
{
    /// <summary>The definitions, <c>aliases.elsewhere.dev</c> and <c>aliaspolicies.elsewhere.dev</c>, as manifests hold them.</summary>
    public static IReadOnlyList<Node> All { get; } =
    [
        Definition(ApiResource.Of(ApiKind.Alias), "Namespaced", Columns.Alias, ConstrainAlias),
        Definition(ApiResource.Of(ApiKind.AliasPolicy), "Cluster", Columns.AliasPolicy, ConstrainPolicy),
    ];

    private static Node Definition(
        ApiResource resource, string scope, IReadOnlyList<TableColumn> columns, Action<Node> constrain)
    {
        var schema = SchemaWriter.Structure(resource.Kind.Schema, null, OpenApiForm.Structural, false);
        constrain(schema["properties"]!["spec"]!);
        schema.Set("required", Node.List(["spec"]));
        return Map(
            ("apiVersion", Node.String("apiextensions.k8s.io/v1")),
            ("kind", Node.String("CustomResourceDefinition")),
            ("metadata", Map(("name", Node.String(resource.Qualified)))),
            ("spec", Map(
                ("group", Node.String(resource.Kind.Group)),
                ("names", Map(
                    ("plural", Node.String(resource.Plural)),
                    ("singular", Node.String(resource.Singular)),
                    ("shortNames", Node.List(resource.ShortNames)),
                    ("kind", Node.String(resource.Kind.Kind)),
                    ("listKind", Node.String(resource.ListKind)),
                    ("categories", Node.List(resource.Categories)))),
                ("scope", Node.String(scope)),
                ("versions", List(Map(
                    ("name", Node.String(resource.Kind.Version)),
                    ("served", Node.Bool(true)),
                    ("storage", Node.Bool(true)),
                    ("schema", Map(("openAPIV3Schema", schema))),
                    ("subresources", Map(("status", Node.Map()))),
                    ("additionalPrinterColumns", List(columns.Select(Column)))))))));
    }

    private static Node Column(TableColumn column) => Map(
        ("name", Node.String(column.Name)),
        ("type", Node.String(column.Type)),
        ("description", Node.String(column.Description)),
        ("priority", column.Priority == 0 ? null : Node.Number(column.Priority)),
        ("jsonPath", Node.String(column.JsonPath)));

    // The rules of AliasRules and AliasHttpRules, as far as a schema can say them; sizes are bounded so that the cost of a rule is too.
    private static void ConstrainAlias(Node spec)
    {
        var fields = spec["properties"]!;
        var origins = fields["origins"]!;
        Bound(origins, 1, 16);
        var origin = origins["items"]!["properties"]!;
        Length(origin["url"]!, 1, 2048);
        Pattern(origin["url"]!, @"^(https?://[^\s?#@]+|(tcp|tls|udp)://[^\s/?#@]+:[0-9]+)$");
        Range(origin["priority"]!, 0, int.MaxValue);
        Range(origin["weight"]!, 0, 1_000_000);
        Bound(origin["addresses"]!, 0, 64);
        Length(origin["addresses"]!["items"]!, 1, 64);
        Length(origin["proxy"]!, 0, 2048);
        Pattern(origin["proxy"]!, "^(http://[^/?#@]+/?)?$");
        origin["tls"]!["properties"]!["minimumVersion"]!.Set("enum", Node.List(["", "1.2", "1.3"]));
        Rules(origins["items"]!, ("!has(self.tls) || self.url.startsWith('https:') || self.url.startsWith('tls:')", "tls may only be set for https and tls origins"));

        Bound(fields["ports"]!, 0, 64);
        Range(fields["ports"]!["items"]!["properties"]!["port"]!, 1, 65535);
        Length(fields["ports"]!["items"]!["properties"]!["name"]!, 0, 63);
        Bound(fields["hostnames"]!, 0, 64);
        Length(fields["hostnames"]!["items"]!, 1, 253);
        var http = fields["http"]!["properties"]!;
        Length(http["host"]!, 0, 253);
        http["rewrite"]!["properties"]!["bodies"]!.Set("enum", Node.List(["", "Auto", "Off"]));
        foreach (var list in (ReadOnlySpan<string>)["set", "add"])
            ConstrainHeaders(http["requestHeaders"]!["properties"]![list]!);
        Bound(http["requestHeaders"]!["properties"]!["remove"]!, 0, 64);
        foreach (var (_, timeout) in http["timeouts"]!["properties"]!.Entries)
            Duration(timeout);
        Range(http["retries"]!["properties"]!["attempts"]!, 0, 10);
        http["retries"]!["properties"]!["on"]!["items"]!.Set("enum", Node.List(["connect-failure", "refused-stream", "reset", "retriable-status"]));
        foreach (var (_, limit) in http["rateLimit"]!["properties"]!.Entries)
            Range(limit, 0, int.MaxValue);
        var check = fields["healthCheck"]!;
        Rules(check, ("!(has(self.http) && has(self.tcp))", "may have only one of http and tcp"));
        Duration(check["properties"]!["interval"]!);
        Duration(check["properties"]!["timeout"]!);
        Range(check["properties"]!["healthyThreshold"]!, 1, 1000);
        Range(check["properties"]!["unhealthyThreshold"]!, 1, 1000);
        Rules(
            spec,
            ("!has(self.mode) || self.mode != 'ExternalName' || self.origins.size() == 1", "mode ExternalName takes exactly one origin: a CNAME has one target"),
            ("!has(self.ports) || self.ports.size() < 2 || self.ports.all(p, has(p.name) && p.name != '')", "where there are several ports each needs a name"));
    }

    private static void ConstrainHeaders(Node headers)
    {
        Bound(headers, 0, 64);
        var header = headers["items"]!;
        Length(header["properties"]!["name"]!, 1, 256);
        Pattern(header["properties"]!["name"]!, "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$");
        Length(header["properties"]!["value"]!, 0, 8192);
        Pattern(header["properties"]!["value"]!, @"^[^\r\n\x00]*$");
        Rules(header, ("has(self.value) != has(self.valueFrom)", "must have either value or valueFrom"));
    }

    private static void ConstrainPolicy(Node spec)
    {
        var fields = spec["properties"]!;
        Bound(fields["namespaces"]!, 0, 256);
        Length(fields["namespaces"]!["items"]!, 1, 63);
        Bound(fields["allow"]!, 0, 256);
        var rule = fields["allow"]!["items"]!["properties"]!;
        Bound(rule["hosts"]!, 0, 64);
        Length(rule["hosts"]!["items"]!, 1, 255);
        Pattern(rule["hosts"]!["items"]!, @"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$");
        Bound(rule["cidrs"]!, 0, 64);
        Length(rule["cidrs"]!["items"]!, 1, 64);
        Pattern(rule["cidrs"]!["items"]!, "^[0-9A-Fa-f.:]+/[0-9]{1,3}$");
        Bound(rule["ports"]!, 0, 64);
        Range(rule["ports"]!["items"]!, 1, 65535);
    }

    private static void Bound(Node list, int least, int most)
    {
        if (least > 0)
            list.Set("minItems", Node.Number(least));
        list.Set("maxItems", Node.Number(most));
    }

    private static void Length(Node text, int least, int most)
    {
        if (least > 0)
            text.Set("minLength", Node.Number(least));
        text.Set("maxLength", Node.Number(most));
    }

    private static void Range(Node number, int least, int most)
    {
        number.Set("minimum", Node.Number(least));
        if (most < int.MaxValue)
            number.Set("maximum", Node.Number(most));
    }

    private static void Pattern(Node text, string pattern) => text.Set("pattern", Node.String(pattern));

    // Gateway API's durations (GEP-2257).
    private static void Duration(Node text)
    {
        Length(text, 0, 32);
        Pattern(text, "^(([0-9]{1,5}(h|m|s|ms)){1,4})?$");
    }

    private static void Rules(Node schema, params ReadOnlySpan<(string Rule, string Message)> rules)
    {
        var list = Node.List();
        foreach (var (rule, message) in rules)
            list.Items.Add(Map(("rule", Node.String(rule)), ("message", Node.String(message))));
        schema.Set("x-kubernetes-validations", list);
    }
}
