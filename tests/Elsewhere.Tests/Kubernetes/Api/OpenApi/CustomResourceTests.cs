using System.Text.RegularExpressions;
using Elsewhere.Kubernetes.Api.OpenApi;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.OpenApi;

public sealed class CustomResourceTests
{
    private static readonly Node Alias = CustomResources.All[0];
    private static readonly Node Schema = Alias["spec"]!.ListOf("versions")[0]["schema"]!["openAPIV3Schema"]!;

    [Fact]
    public void The_definitions_are_valid_objects_of_their_kind() => Assert.All(CustomResources.All, static definition =>
    {
        var decoded = Decoder.Decode(definition, ApiKind.CustomResourceDefinition.Schema);
        Assert.Null(decoded.Error);
        Assert.Empty(decoded.Unknown);
        Assert.Equal(definition["spec"]!["names"]!.Str("plural") + ".elsewhere.dev", definition["metadata"]!.Str("name"));
    });

    [Fact]
    public void A_structural_schema_refers_to_nothing_and_every_part_has_a_type() => Assert.All(CustomResources.All, static definition =>
    {
        foreach (var schema in Within(definition["spec"]!.ListOf("versions")[0]["schema"]!["openAPIV3Schema"]!))
        {
            Assert.False(schema.Has("$ref"), schema.ToString());
            Assert.True(schema.Has("type"), schema.ToString());
            Assert.False(schema.Has("x-kubernetes-patch-strategy"), schema.ToString());
        }
    });

    [Theory]
    [InlineData("https://api.payments.example", true)]
    [InlineData("https://api.payments.example:8443/v2", true)]
    [InlineData("http://[2001:db8::1]:8080", true)]
    [InlineData("tcp://db.example:5432", true)]
    [InlineData("tcp://db.example", false)]
    [InlineData("udp://db.example:53/x", false)]
    [InlineData("ftp://db.example", false)]
    [InlineData("https://user@api.example", false)]
    [InlineData("https://api.example/?q", false)]
    [InlineData("api.example", false)]
    public void The_pattern_of_urls_agrees_with_the_rules(string url, bool valid)
    {
        var pattern = Schema["properties"]!["spec"]!["properties"]!["origins"]!["items"]!["properties"]!["url"]!.Str("pattern");
        Assert.Equal(valid, Regex.IsMatch(url, pattern));
        Assert.Equal(valid, OriginUrls.TryParse(url, out _, out _));
    }

    [Theory]
    [InlineData("300ms", true)]
    [InlineData("1h30m", true)]
    [InlineData("0s", true)]
    [InlineData("1.5s", false)]
    [InlineData("10", false)]
    [InlineData("1d", false)]
    [InlineData("123456s", false)]
    [InlineData("1s1s1s1s1s", false)]
    public void The_pattern_of_durations_agrees_with_the_rules(string text, bool valid)
    {
        var pattern = Schema["properties"]!["spec"]!["properties"]!["healthCheck"]!["properties"]!["interval"]!.Str("pattern");
        Assert.Equal(valid, Regex.IsMatch(text, pattern));
        Assert.Equal(valid, AliasHttpRules.IsDuration(text));
    }

    [Fact]
    public void What_a_rule_looks_through_is_bounded()
    {
        Assert.All(Within(Schema).Where(static s => s.Str("type") == "array" && s["items"]!.Str("type") != "object" && s.Str("x-kubernetes-list-type") != "map"), static list =>
            Assert.True(list.Has("maxItems") || !list["items"]!.Has("pattern"), list.ToString()));
        Assert.Equal("16", Schema["properties"]!["spec"]!["properties"]!["origins"]!["maxItems"]!.Text);
    }

    private static IEnumerable<Node> Within(Node schema)
    {
        yield return schema;
        foreach (var inner in (schema["properties"]?.Entries ?? []).Select(static e => e.Value).Concat(new[] { schema["items"], schema["additionalProperties"] }.OfType<Node>()))
        {
            foreach (var deeper in Within(inner))
                yield return deeper;
        }
    }
}
