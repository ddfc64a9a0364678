using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Validation;

/// <summary>Rules that no recorded case touches, as the sources of Kubernetes 1.36 have them.</summary>
public sealed class ApiValidationTests
{
    private static readonly ApiContext Cluster = new([Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")], f => f == System.Net.Sockets.AddressFamily.InterNetwork ? "10.96.9.9" : "fd00:10:96::9", () => 31000);

    [Theory]
    [InlineData("ports: [{port: 80, nodePort: 30080}]", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData(
        "type: NodePort\n  ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30080}]",
        "spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated")]
    [InlineData("ports: [{port: 80}]\n  ipFamilies: [IPv5]", "spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\"")]
    [InlineData(
        "ports: [{port: 80}]\n  ipFamilyPolicy: Both",
        "spec.ipFamilyPolicy: Unsupported value: \"Both\": supported values: \"PreferDualStack\", \"RequireDualStack\", \"SingleStack\"")]
    [InlineData("ports: [{port: 80}]\n  clusterIPs: [10.96.0.7]", "spec.clusterIPs: Invalid value: [\"10.96.0.7\"]: must be empty when `clusterIP` is not specified")]
    [InlineData(
        "ports: [{port: 80}]\n  clusterIP: 10.96.0.7\n  clusterIPs: [10.96.0.8]",
        "spec.clusterIPs: Invalid value: [\"10.96.0.8\"]: first value must match `clusterIP`")]
    [InlineData("ports: [{port: 80}]\n  loadBalancerClass: x", "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'")]
    [InlineData(
        "type: LoadBalancer\n  ports: [{port: 80}]\n  loadBalancerSourceRanges: [192.0.2.1/24]",
        "spec.LoadBalancerSourceRanges[0]: Invalid value: \"192.0.2.1/24\": must not have bits set beyond the prefix length")]
    [InlineData(
        "type: LoadBalancer\n  ports: [{port: 80}]\n  loadBalancerSourceRanges: [192.0.2.0/024]",
        "spec.LoadBalancerSourceRanges[0]: Invalid value: \"192.0.2.0/024\": must not have leading 0s in IP or prefix length")]
    [InlineData("type: ExternalName\n  externalName: .", "spec.externalName: Required value")]
    [InlineData(
        "ports: [{port: 80}]\n  healthCheckNodePort: 31000",
        "spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]
    [InlineData("ports: [{port: 80}]\n  selector: {a/b/c: d}", null)]
    public void A_service_is_refused(string spec, string? complaint)
    {
        var outcome = Create(ApiKind.Service, $"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  {spec}");
        Assert.Equal(422, outcome.Code);
        if (complaint is not null)
            Assert.Equal($"Service \"a\" is invalid: {complaint}", outcome.Message);
    }

    [Theory]
    [InlineData("type: ExternalName\n  externalName: a.example.com.\n  selector: {a: b}")]
    [InlineData("type: LoadBalancer\n  ports: [{port: 80}]\n  externalTrafficPolicy: Local")]
    [InlineData("type: LoadBalancer\n  ports: [{port: 80}]\n  loadBalancerSourceRanges: [' 192.0.2.0/24 ']")]
    [InlineData("type: NodePort\n  ports: [{name: a, port: 53, protocol: UDP, nodePort: 30053}, {name: b, port: 53, nodePort: 30053}]")]
    [InlineData("clusterIP: None")]
    [InlineData("ports: [{port: 80}]\n  ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv6]\n  clusterIP: 'fd00:10:96::7'")]
    public void A_service_is_accepted(string spec) =>
        Assert.Equal("", Create(ApiKind.Service, $"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  {spec}").Message);

    [Theory]
    [InlineData("IPv4", "db.example.com", "endpoints[0].addresses[0]: Invalid value: \"db.example.com\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("IPv6", "::ffff:192.0.2.1", "endpoints[0].addresses[0]: Invalid value: \"::ffff:192.0.2.1\": must not be an IPv4-mapped IPv6 address")]
    [InlineData("FQDN", "db", "endpoints[0].addresses[0]: Invalid value: \"db\": should be a domain with at least two segments separated by dots")]
    [InlineData("FQDN", "", "endpoints[0].addresses[0]: Required value")]
    public void A_slice_is_refused(string type, string address, string complaint) => Assert.Equal(
        $"EndpointSlice.discovery.k8s.io \"a\" is invalid: {complaint}",
        Create(ApiKind.EndpointSlice, $"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: a}}\naddressType: {type}\nendpoints: [{{addresses: ['{address}']}}]").Message);

    [Theory]
    [InlineData("kind: Endpoints\napiVersion: v1", "Endpoints in version \"v1\" cannot be handled as a Service: converting (v1.Endpoints) to (core.Service): unknown conversion")]
    [InlineData("kind: service\napiVersion: v1", "service in version \"v1\" cannot be handled as a Service: no kind \"service\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"")]
    [InlineData("- a", "the object provided is unrecognized (must be of type Service): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" } (2d2061)")]
    [InlineData("{a: !!binary '*'}", "the object provided is unrecognized (must be of type Service): yaml: !!binary value contains invalid base64 data ({a: !!binary '*'})")]
    public void A_body_is_refused(string body, string message) =>
        Assert.Equal(message, ApiBody.Read(body, ApiKind.Service).Failure!.Message);

    [Theory]
    [InlineData("clusterIP: 10.96.60.2\n  ports: [{port: 80}]", 422, "spec.clusterIPs[0]: Invalid value: [\"10.96.60.2\"]: may not change once set")]
    [InlineData("type: ExternalName\n  externalName: a.example\n  clusterIP: 10.96.60.1", 200, "")]
    [InlineData("ports: [{port: 80}]\n  ipFamilyPolicy: RequireDualStack", 200, "")]
    public void A_service_is_updated(string spec, int code, string complaint)
    {
        var old = Create(ApiKind.Service, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.96.60.1, ports: [{port: 80}]}").Object!;
        var body = ApiBody.Read($"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n  {spec}", ApiKind.Service);
        var outcome = ApiValidation.Update(ApiKind.Service, body.Tree!, body.Duplicates, old, Cluster);
        Assert.Equal((code, complaint.Length == 0 ? "" : $"Service \"a\" is invalid: {complaint}"), (outcome.Code, outcome.Message));
    }

    [Theory]
    [InlineData("origins: []", "spec.origins: Required value: must have at least one origin")]
    [InlineData("origins: [{url: 'ftp://a.example'}]", "spec.origins[0].url: Invalid value: \"ftp://a.example\": must begin with http://, https://, tcp://, tls:// or udp://")]
    [InlineData("origins: [{url: 'tcp://a.example'}]", "spec.origins[0].url: Invalid value: \"tcp://a.example\": must have a port, as tcp has no usual one")]
    [InlineData("origins: [{url: 'http://u:p@a.example'}]", "spec.origins[0].url: Invalid value: \"http://u:p@a.example\": must not have a user or a password")]
    [InlineData("origins: [{url: 'http://a.example:99999'}]", "spec.origins[0].url: Invalid value: \"http://a.example:99999\": must have a port between 1 and 65535")]
    [InlineData("origins: [{url: 'http://1.2.3'}]", "spec.origins[0].url: Invalid value: \"http://1.2.3\": must name a host by its DNS name or its IP address (IPv6 in brackets)")]
    [InlineData("origins: [{url: 'http://0xa9fea9fe'}]", "spec.origins[0].url: Invalid value: \"http://0xa9fea9fe\": must name a host by its DNS name or its IP address (IPv6 in brackets)")]
    [InlineData("origins: [{url: 'tcp://192.0.2.1:1'}]\n  mode: ExternalName", "spec.origins[0].url: Invalid value: \"tcp://192.0.2.1:1\": must name a host by its DNS name in mode ExternalName: a CNAME cannot be an address")]
    [InlineData("origins: [{url: 'http://a.example'}]\n  http: {timeouts: {connect: 5}}", "spec.http.timeouts.connect: Invalid value: \"integer\": spec.http.timeouts.connect in body must be of type string: \"integer\"")]
    [InlineData("origins: [{url: 'http://a.example', weight: '1'}]\n  ports: {a: b}", "[spec.origins[0].weight: Invalid value: \"string\": spec.origins[0].weight in body must be of type integer: \"string\", spec.ports: Invalid value: \"object\": spec.ports in body must be of type array: \"object\"]")]
    [InlineData("origins: [{url: 'http://a.example', priority: 1.5}]", "spec.origins[0].priority: Invalid value: \"number\": spec.origins[0].priority in body must be of type integer: \"number\"")]
    [InlineData("origins: [{url: 'http://a.example'}]\n  http: {timeouts: {connect: 5x}}", "spec.http.timeouts.connect: Invalid value: \"5x\": must be a duration such as 300ms, 10s or 1h30m")]
    [InlineData("origins: [{url: 'http://a.example'}]\n  healthCheck: {http: {expectedStatus: ['2xx']}}", "spec.healthCheck.http.expectedStatus[0]: Invalid value: \"2xx\": must be a status such as 200 or a range such as 200-399")]
    [InlineData("origins: [{url: 'http://a.example'}]\n  http: {requestHeaders: {set: [{name: 'X A', value: b}]}}", "spec.http.requestHeaders.set[0].name: Invalid value: \"X A\": must be the name of a header field")]
    [InlineData("origins: [{url: 'http://a.example', tls: {verify: true}}]", "spec.origins[0].tls: Forbidden: may only be set for https and tls origins")]
    public void An_alias_is_refused(string spec, string? complaint)
    {
        var outcome = Create(ApiKind.Alias, $"apiVersion: elsewhere.dev/v1alpha1\nkind: Alias\nmetadata: {{name: a}}\nspec:\n  {spec}");
        Assert.False(outcome.Accepted);
        if (complaint is not null)
            Assert.Equal($"Alias.elsewhere.dev \"a\" is invalid: {complaint}", outcome.Message);
    }

    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("01.2.3.4", "1.2.3.4")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4")]
    [InlineData("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("::", "::")]
    [InlineData("1::", "1::")]
    [InlineData("64:ff9b::192.0.2.33", "64:ff9b::c000:221")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("1:2:3:4:5:6:7:8::", null)]
    [InlineData("1::2::3", null)]
    [InlineData(":1", null)]
    [InlineData("1:", null)]
    [InlineData("12345::", null)]
    [InlineData("1.2.3", null)]
    [InlineData("1.2.3.256", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("[::1]", null)]
    public void Addresses_are_read_as_go_does(string text, string? written) =>
        Assert.Equal(written, GoIP.TryParse(text, out var address) ? address.ToString() : null);

    private static ApiOutcome Create(ApiKind kind, string text)
    {
        var body = ApiBody.Read(text, kind);
        return body.Failure ?? ApiValidation.Create(kind, body.Tree!, body.Duplicates, Cluster, "default");
    }
}
