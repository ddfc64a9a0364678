using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Patch;

/// <summary>The three patches by example: RFC 7396 appendix A, RFC 6902 appendix A, and what Kubernetes adds.</summary>
public sealed class PatchTests
{
    private const string Ports = """{"spec":{"ports":[{"name":"a","port":1},{"name":"b","port":2},{"name":"c","port":3}]}}""";

    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_merge_patch_does_what_its_standard_says(string document, string patch, string expected) =>
        Assert.Equal(expected, JsonMergePatch.Apply(Json(document), Json(patch)).ToString());

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc"]}]""", """{"foo":["bar",["abc"]]}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}""")]
    [InlineData("""{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]""", """{"a":[1],"b":[1,2]}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/~1"}]""", """{"~1":10}""")]
    [InlineData("""{"foo":[1,2]}""", """[{"op":"remove","path":"/foo/-1"}]""", """{"foo":[1]}""")]
    [InlineData("""{"foo":1}""", """[{"op":"test","path":"/bar","value":null},{"op":"replace","path":"","value":{"x":1}}]""", """{"x":1}""")]
    [InlineData("""{"foo":1}""", """[{"op":"test","path":"/foo","value":2}]""", null)]
    [InlineData("""{"foo":[1]}""", """[{"op":"add","path":"/foo/2","value":2}]""", null)]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/bar/baz","value":2}]""", null)]
    [InlineData("""{"foo":1}""", """[{"op":"replace","path":"/bar","value":2}]""", null)]
    [InlineData("""{"foo":1}""", """[{"op":"move","from":"/bar","path":"/foo"}]""", null)]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/x","value":1},{"op":"remove"}]""", null)]
    public void A_json_patch_does_what_its_standard_says_or_nothing(string document, string patch, string? expected) =>
        Assert.Equal(expected, JsonPatch.Apply(Json(document), Json(patch))?.ToString());

    [Theory]
    [InlineData("""{"spec":{"ports":[{"port":2,"name":"x"}]}}""", "1a 2x 3c")]
    [InlineData("""{"spec":{"ports":[{"port":9,"name":"x"}]}}""", "9x 1a 2b 3c")]
    [InlineData("""{"spec":{"ports":[{"port":2,"$patch":"delete"}]}}""", "1a 3c")]
    [InlineData("""{"spec":{"ports":[{"$patch":"replace"},{"port":7,"name":"z"}]}}""", "7z")]
    [InlineData("""{"spec":{"$setElementOrder/ports":[{"port":3},{"port":1},{"port":2}]}}""", "3c 1a 2b")]
    [InlineData("""{"spec":{"$setElementOrder/ports":[{"port":9},{"port":3}],"ports":[{"port":9,"name":"x"}]}}""", "9x 1a 2b 3c")]
    [InlineData("""{"spec":{"$retainKeys":["type"],"type":"ClusterIP"}}""", "")]
    [InlineData("""{"spec":{"ports":null}}""", "")]
    public void A_strategic_patch_merges_ports_by_their_number(string patch, string expected)
    {
        var (patched, failure) = StrategicMergePatch.Apply(Json(Ports), Json(patch), Schemas.Service);
        Assert.Null(failure);
        Assert.Equal(expected, string.Join(' ', patched!["spec"]!.ListOf("ports").Select(p => p.Str("port") + p.Str("name"))));
    }

    [Theory]
    [InlineData("""{"metadata":{"finalizers":["a/b","c/d"]}}""", "a/b,c/d,x/y")]
    [InlineData("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["x/y"]}}""", "")]
    [InlineData("""{"metadata":{"$setElementOrder/finalizers":["a/b","x/y"],"finalizers":["a/b"]}}""", "a/b,x/y")]
    public void A_strategic_patch_joins_finalizers(string patch, string expected)
    {
        var (patched, failure) = StrategicMergePatch.Apply(Json("""{"metadata":{"finalizers":["x/y"]}}"""), Json(patch), Schemas.Service);
        Assert.Null(failure);
        Assert.Equal(expected, string.Join(',', patched!["metadata"]!.Strings("finalizers")));
    }

    [Theory]
    [InlineData("""{"spec":{"selector":{"$patch":"replace","b":"2"}}}""", """{"b":"2"}""")]
    [InlineData("""{"spec":{"selector":{"b":"2","a":null}}}""", """{"b":"2"}""")]
    [InlineData("""{"spec":{"selector":{"$patch":"delete"}}}""", "{}")]
    public void A_strategic_patch_obeys_directives_of_maps(string patch, string expected)
    {
        var (patched, _) = StrategicMergePatch.Apply(Json("""{"spec":{"selector":{"a":"1"}}}"""), Json(patch), Schemas.Service);
        Assert.Equal(expected, patched!["spec"]!["selector"]!.ToString());
    }

    [Theory]
    [InlineData("""{"spec":{"ports":[{"name":"x"}]}}""", 500, "map: map[name:x] does not contain declared merge key: port")]
    [InlineData("""{"spec":{"ports":[{"$patch":"frob","port":1}]}}""", 500, "unknown patch type: frob in map: map[$patch:frob port:1]")]
    [InlineData("""{"spec":{"$patch":"frob"}}""", 500, "unknown patch type: frob in map: map[$patch:frob]")]
    [InlineData("""{"spec":{"$retainKeys":["type"],"clusterIP":"None"}}""", 400, "invalid patch format of retainKeys")]
    [InlineData("""{"spec":{"$setElementOrder/ports":{}}}""", 400, "invalid patch format of setElementOrder list")]
    [InlineData("""{"spec":{"$deleteFromPrimitiveListports":[]}}""", 400, "invalid patch format of primitive list")]
    [InlineData("""{"spec":{"$setElementOrder/nope":[]}}""", 500, "unable to find api field in struct ServiceSpec for the json field \"nope\"")]
    public void A_strategic_patch_that_makes_no_sense_is_refused(string patch, int code, string message)
    {
        var result = ApiPatch.Patch(ApiKind.Service, Json(Ports), ApiPatch.Strategic, Encoding.UTF8.GetBytes(patch));
        Assert.Equal((code, message), (result.Failure!.Code, result.Failure.Message));
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("{\"a\":", "unexpected end of JSON input")]
    [InlineData("\"\\u12", "unexpected end of JSON input")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    [InlineData("{a", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("{\"a\":1 2}", "invalid character '2' after object key:value pair")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("tru3", "invalid character '3' in literal true (expecting 'e')")]
    [InlineData("\"\n\"", "invalid character '\\n' in string literal")]
    [InlineData("\"\\x\"", "invalid character 'x' in string escape code")]
    [InlineData("\"\\uxyz0\"", "invalid character 'x' in \\u hexadecimal character escape")]
    [InlineData("-x", "invalid character 'x' in numeric literal")]
    [InlineData("1.x", "invalid character 'x' after decimal point in numeric literal")]
    [InlineData("1e+x", "invalid character 'x' in exponent of numeric literal")]
    [InlineData("'", "invalid character '\\'' looking for beginning of value")]
    public void Broken_json_is_refused_in_the_servers_words(string text, string error) => Assert.Equal(error, JsonText.Read(text).Error);

    [Fact]
    public void The_last_of_repeated_keys_counts_and_its_path_is_told()
    {
        var read = JsonText.Read("""{"spec":{"ports":[{"port":1,"port":2}]},"spec2":1}""");
        Assert.Equal("""{"spec":{"ports":[{"port":2}]},"spec2":1}""", read.Root!.ToString());
        Assert.Equal(["spec.ports[0].port"], read.Duplicates);
    }

    [Fact]
    public void Operations_that_nest_ever_deeper_or_copy_ever_more_are_refused()
    {
        var deeper = string.Join(',', Enumerable.Range(0, 120).Select(_ => """{"op":"copy","from":"/a","path":"/a/a"}"""));
        var longer = string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""{"op":"copy","from":"/b","path":"/b/x{{i}}"}"""));
        foreach (var operations in (string[])[deeper, longer])
            Assert.Equal(422, ApiPatch.Patch(ApiKind.Service, Json("""{"a":{},"b":{"c":1}}"""), ApiPatch.Json, Encoding.UTF8.GetBytes($"[{operations}]")).Failure?.Code);
    }

    [Fact]
    public void A_custom_resource_takes_no_strategic_patch() =>
        Assert.Equal("the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            ApiPatch.TypeOf(ApiKind.Alias, ApiPatch.Strategic).Failure!.Message);

    internal static Node Json(string text) => JsonText.Read(text).Root!;
}
