using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Tests.Kubernetes.Read.Yaml;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: b", """{"a":"b"}""")]
    [InlineData("a:\n- 1\n- - 2\n  - x: k\n-\n", """{"a":[1,[2,{"x":"k"}],null]}""")]
    [InlineData("- a: 1\n  b: 2\n-\n  c: 3", """[{"a":1,"b":2},{"c":3}]""")]
    [InlineData("{a: 1, 'b': [x, {k: z}], c, \"d\":5}", """{"a":1,"b":["x",{"k":"z"}],"c":null,"d":5}""")]
    [InlineData("[a: b, c]", """[{"a":"b"},"c"]""")]
    [InlineData("? a\n: b\n? c", """{"a":"b","c":null}""")]
    [InlineData("a: one\n  two\n\n  three # four\n", """{"a":"one two\nthree"}""")]
    [InlineData("a: 'it''s\n  so\n\n  so'", """{"a":"it's so\nso"}""")]
    [InlineData("a: \"x\\u00e9\\x41 \\\n  k\\tz\"", """{"a":"xéA k\tz"}""")]
    [InlineData("a: |\n  x\n   y\n\n  z\nb: 1", """{"a":"x\n y\n\nz\n","b":1}""")]
    [InlineData("a: >-\n  x\n  y\n\n  z\n    k\n  l\n", """{"a":"x y\nz\n  k\nl"}""")]
    [InlineData("a: |+\n  x\n\n", """{"a":"x\n\n"}""")]
    [InlineData("a: |2-\n   x\n", """{"a":" x"}""")]
    [InlineData("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2", """{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}""")]
    [InlineData("%YAML 1.1\n---\na: !!str 1\nb: !!int '2'\nc: !!binary YQ==\nd: !foo 5\ne: ! 6", """{"a":"1","b":2,"c":"a","d":"5","e":6}""")]
    [InlineData("a: http://x:80/#y\nb: x#y\nc: a:b", """{"a":"http://x:80/#y","b":"x#y","c":"a:b"}""")]
    [InlineData("a: -\n", null)]
    [InlineData("1: a\ntrue: b\n1.5: c\non: d", """{"1":"a","1.5":"c","true":"d"}""")]
    [InlineData("a: !!int x", null)]
    [InlineData("a: [1\nb: 2", null)]
    [InlineData("a: b: c", null)]
    [InlineData("a\n b: c", null)]
    [InlineData("\ta: b", null)]
    [InlineData("a: 'x", null)]
    [InlineData("a: @x", null)]
    [InlineData("a: *x", null)]
    [InlineData("&a [*a]", null)]
    [InlineData("[a]: b", null)]
    [InlineData("a: \u0001", null)]
    [InlineData("a:\tb", """{"a":"b"}""")]
    [InlineData("a: \"\\q\"", null)]
    public void Yaml_is_read_as_the_server_reads_it(string text, string? json)
    {
        var read = YamlReader.ReadFirst(text)!;
        Assert.Equal(json, read.Root?.ToString());
        Assert.Equal(json is null ? TextFault.Malformed : TextFault.None, read.Fault);
    }

    [Theory]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("", "null")]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("y", "true")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("010", "8")]
    [InlineData("0o10", "8")]
    [InlineData("09", "9")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("+5", "5")]
    [InlineData("-0", "0")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("18446744073709551616", "18446744073709552000")]
    [InlineData("1e3", "1000")]
    [InlineData("1.50", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1.", "1")]
    [InlineData("1e21", "1e+21")]
    [InlineData("1e-7", "1e-7")]
    [InlineData("123456789.125", "123456789.125")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("1:20", "\"1:20\"")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("10.0.0.1", "\"10.0.0.1\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("+", "\"+\"")]
    [InlineData(".", "\".\"")]
    [InlineData("1e", "\"1e\"")]
    public void Plain_scalars_are_resolved_as_yaml_1_1(string text, string json) =>
        Assert.Equal($$"""{"a":{{json}}}""", YamlReader.ReadFirst($"a: {text}")!.Root!.ToString());

    [Fact]
    public void Repeated_keys_are_noted_and_the_last_one_wins()
    {
        var read = YamlReader.ReadFirst("a: 1\nb: {c: 1, c: 2}\na: 3\n")!;
        Assert.Equal("""{"a":3,"b":{"c":2}}""", read.Root!.ToString());
        Assert.Equal(["line 2: key \"c\" already set in map", "line 3: key \"a\" already set in map"], read.Duplicates.Select(d => d.Message));
    }

    [Fact]
    public void Documents_are_numbered_and_know_their_lines()
    {
        var read = YamlReader.Read("# nothing\n---\n\na: 1\n--- # two\nb: 1\n...\n---\n---\nc: {\n--- !!map\nd: 1\n");
        Assert.Equal([(1, 4), (2, 6), (3, 9)], read.Select(d => (d.Number, d.Line)));
        Assert.Equal([TextFault.None, TextFault.None, TextFault.Malformed], read.Select(d => d.Fault));
    }

    [Fact]
    public void Depth_is_limited()
    {
        Assert.Equal(TextFault.None, YamlReader.ReadFirst(Nested(100))!.Fault);
        Assert.Equal(TextFault.TooDeep, YamlReader.ReadFirst(Nested(101))!.Fault);
        Assert.Equal(TextFault.TooDeep, YamlReader.ReadFirst(Nested(100_000))!.Fault);
        Assert.Equal(TextFault.TooDeep, YamlReader.ReadFirst(string.Concat(Enumerable.Range(0, 3000).Select(i => new string(' ', i % 1500) + "a:\n")))!.Fault);
        Assert.Equal(TextFault.TooDeep, YamlReader.ReadFirst(string.Concat(Enumerable.Repeat("- ", 100_000)))!.Fault);

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Fact]
    public void A_billion_laughs_are_refused()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++)
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Equal(TextFault.TooManyAliases, YamlReader.ReadFirst(bomb.ToString())!.Fault);
    }

    [Fact]
    public void A_document_has_the_servers_limit()
    {
        const string key = "a: ";
        Assert.Equal(TextFault.None, YamlReader.ReadFirst(key + new string('x', ReadLimits.DocumentBytes - key.Length))!.Fault);
        Assert.Equal(TextFault.TooLong, YamlReader.ReadFirst(key + new string('x', ReadLimits.DocumentBytes - key.Length + 1))!.Fault);
    }

    [Fact]
    public void A_file_has_a_limit()
    {
        var read = ManifestReader.Read([new("big", new byte[ReadLimits.FileBytes + 1])], ReadOptions.Default);
        Assert.Equal("file-too-long", Assert.Single(read.Findings).Code);
    }
}
