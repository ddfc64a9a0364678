using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>What a list, a watch or a read may ask for in its query and its headers, and what is said where it may not.</summary>
public sealed class ReadOptionTests
{
    private const string Services = "/api/v1/namespaces/shop/services";
    private const string NoNumber = "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax";
    private const string Options = "ListOptions.meta.k8s.io \"\" is invalid: ";

    [Theory]
    [InlineData("?resourceVersion=abc", 400, "invalid resource version: " + NoNumber)]
    [InlineData("?resourceVersion=abc&limit=1", 400, "invalid resource version: " + NoNumber)]
    [InlineData("?watch=1&resourceVersion=abc", 500, NoNumber)]
    [InlineData("/a?resourceVersion=abc", 500, NoNumber)]
    [InlineData("?resourceVersion=1&resourceVersionMatch=Exact", 410, "The resourceVersion for the provided list is too old.")]
    [InlineData("?resourceVersion=1&limit=1", 410, "The resourceVersion for the provided list is too old.")]
    [InlineData("?resourceVersion=1", 200, "")]
    [InlineData("?resourceVersion=1&resourceVersionMatch=NotOlderThan&limit=1", 200, "")]
    [InlineData("?resourceVersion=0&limit=1", 200, "")]
    [InlineData("?resourceVersion=1&resourceVersionMatch=Sometimes", 422, Options + "resourceVersionMatch: Unsupported value: \"Sometimes\": supported values: \"Exact\", \"NotOlderThan\", \"\"")]
    [InlineData("?resourceVersion=0&resourceVersionMatch=Exact", 422, Options + "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")]
    [InlineData("?resourceVersionMatch=NotOlderThan", 422, Options + "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")]
    [InlineData("?resourceVersion=1&resourceVersionMatch=Exact&continue=x", 422, Options + "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided")]
    [InlineData("?sendInitialEvents=true", 422, Options + "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")]
    [InlineData("?watch=1&resourceVersion=0&resourceVersionMatch=NotOlderThan", 422, Options + "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")]
    [InlineData("?watch=1&sendInitialEvents=false", 422, Options + "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
    [InlineData("?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact", 422, Options + "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]")]
    [InlineData("?limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("?limit=-1", 200, "")]
    [InlineData("?watch=1&timeoutSeconds=soon", 400, "strconv.ParseInt: parsing \"soon\": invalid syntax")]
    public async Task A_version_means_what_the_options_beside_it_make_of_it(string query, int code, string message)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, """{"metadata":{"name":"a"},"spec":{"type":"ExternalName","externalName":"a.example.com"}}""");

        var answer = await api.SendAsync("GET", Services + query);

        Assert.Equal((code, message), (answer.Code, answer.Message));
    }

    [Fact]
    public async Task A_token_for_the_next_page_stands_for_its_version_alone()
    {
        await using var api = await RunningApi.StartAsync(null, "shop", "other");
        var first = await api.SendAsync("GET", "/api/v1/namespaces?limit=1");
        var next = "/api/v1/namespaces?continue=" + first.Body["metadata"]!.Str("continue");

        Assert.Equal(200, (await api.SendAsync("GET", next)).Code);
        Assert.Equal(200, (await api.SendAsync("GET", next + "&resourceVersion=0")).Code);
        var refused = await api.SendAsync("GET", next + "&resourceVersion=" + first.Body["metadata"]!.Str("resourceVersion"));
        Assert.Equal((400, "specifying resource version is not allowed when using continue"), (refused.Code, refused.Message));
    }

    [Theory]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a=b=c", "found '=', expected: ',' or 'end of string'")]
    [InlineData("=b", "found '=', expected: !, identifier, or 'end of string'")]
    [InlineData("a=b,", "found '', expected: identifier after ','")]
    [InlineData("a=b,,c", "found ',', expected: identifier after ','")]
    [InlineData("!a=b", "found '=', expected: ',' or 'end of string'")]
    [InlineData("!=b", "found '!=', expected: !, identifier, or 'end of string'")]
    [InlineData("!", "unable to parse requirement: found '', expected: identifier")]
    [InlineData("a==!b", "unable to parse requirement: found '!', expected: identifier")]
    [InlineData("a in b", "unable to parse requirement: found 'b' expected: '('")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'")]
    [InlineData("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier")]
    [InlineData("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("-a", "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("a in (b,-,+)", "unable to parse requirement: [values[0][a]: Invalid value: \"+\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'), values[1][a]: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]")]
    public async Task A_label_selector_that_cannot_be_read_says_where(string selector, string message)
    {
        await using var api = await RunningApi.StartAsync();
        var answer = await api.SendAsync("GET", "/api/v1/services?labelSelector=" + Uri.EscapeDataString(selector));
        Assert.Equal((400, message), (answer.Code, answer.Message));
    }

    [Theory]
    [InlineData("on", "a b")]
    [InlineData("!on", "c")]
    [InlineData("on=yes", "a")]
    [InlineData("on==yes,n", "a")]
    [InlineData("on!=yes", "b c")]
    [InlineData("on in (yes,no)", "a b")]
    [InlineData("on notin (yes)", "b c")]
    [InlineData("in in (in)", "c")]
    [InlineData("n>3", "b")]
    [InlineData("n<5", "a")]
    [InlineData("empty=", "c")]
    [InlineData("empty in ()", "c")]
    [InlineData("empty in (,x)", "c")]
    [InlineData("empty in (x,)", "c")]
    public async Task A_label_selector_selects_by_every_operator(string selector, string names)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        foreach (var (name, labels) in ((string, string)[])[("a", """{"on":"yes","n":"3"}"""), ("b", """{"on":"no","n":"10"}"""), ("c", """{"in":"in","empty":""}""")])
            await api.SendAsync("POST", "/api/v1/namespaces/shop/configmaps", $"{{\"metadata\":{{\"name\":\"{name}\",\"labels\":{labels}}}}}");

        var answer = await api.SendAsync("GET", "/api/v1/namespaces/shop/configmaps?labelSelector=" + Uri.EscapeDataString(selector));

        Assert.Equal(names, string.Join(' ', answer.Body.ListOf("items").Select(static i => i["metadata"]!.Str("name"))));
    }

    [Theory]
    [InlineData("metadata.name=a,nonsense", "invalid selector: 'metadata.name=a,nonsense'; can't understand 'nonsense'")]
    [InlineData(@"metadata.name=a\b", @"invalid field selector: invalid escape sequence: \b")]
    [InlineData("metadata.name=a=b", "invalid field selector: unescaped character in value: 61")]
    [InlineData("spec.ports=1", "field label not supported: spec.ports")]
    [InlineData("zzz=1,aaa=1", "field label not supported: aaa")]
    public async Task A_field_selector_that_cannot_be_read_says_where(string selector, string message)
    {
        await using var api = await RunningApi.StartAsync();
        var answer = await api.SendAsync("GET", "/api/v1/services?fieldSelector=" + Uri.EscapeDataString(selector));
        Assert.Equal((400, message), (answer.Code, answer.Message));
    }

    [Theory]
    [InlineData("/api/v1/namespaces/shop/configmaps")]
    [InlineData("/apis/elsewhere.dev/v1alpha1/namespaces/shop/aliases")]
    public async Task Metadata_alone_comes_as_protobuf_of_whatever_kind_it_is(string path)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", path, """{"metadata":{"name":"a","labels":{"x":"y"}},"spec":{"origins":[{"url":"https://a.example.com"}]}}""");

        var list = await EnvelopeAsync(api, path, "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
        var one = await EnvelopeAsync(api, path + "/a", "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");

        Assert.Equal(("meta.k8s.io/v1", "PartialObjectMetadataList"), (list.ApiVersion, list.Kind));
        Assert.Equal(("meta.k8s.io/v1", "PartialObjectMetadata"), (one.ApiVersion, one.Kind));
        var metadata = ProtobufDecoder.Decode(ApiKind.PartialObjectMetadata("v1"), one.Raw.Span, out _)!["metadata"]!;
        Assert.Equal(("a", "y"), (metadata.Str("name"), metadata["labels"]!.Str("x")));
    }

    [Fact]
    public async Task A_list_of_nothing_comes_as_protobuf_too()
    {
        await using var api = await RunningApi.StartAsync();
        var list = await EnvelopeAsync(api, "/apis/apps/v1/deployments", "application/vnd.kubernetes.protobuf");
        Assert.Equal(("apps/v1", "DeploymentList"), (list.ApiVersion, list.Kind));
    }

    [Fact]
    public async Task The_root_names_the_documents_and_each_of_them_is_there()
    {
        await using var api = await RunningApi.StartAsync();
        var paths = (await api.SendAsync("GET", "/")).Body.Strings("paths");
        Assert.Contains("/apis/authorization.k8s.io/v1", paths);
        foreach (var path in paths)
            Assert.Equal(200, (await api.SendAsync("GET", path)).Code);
    }

    private static async Task<ProtobufEnvelope> EnvelopeAsync(RunningApi api, string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.Authorization = new("Bearer", RunningApi.Token);
        using var answer = await api.Client.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        return ProtobufEnvelope.Read(body);
    }
}
