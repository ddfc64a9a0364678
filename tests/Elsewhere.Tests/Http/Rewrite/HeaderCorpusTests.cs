using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class HeaderCorpusTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var one in RewriteCorpus.Headers)
            data.Add(one.File, one.Title);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fields_come_out_as_the_case_says(string file, string title)
    {
        var one = RewriteCorpus.Headers.Single(c => c.File == file && c.Title == title);
        var rules = new RewriteRules(one.Map)
        {
            Host = Enum.Parse<HostPolicy>(one.Settings.GetValueOrDefault("host", "Origin")),
            Forwarded = Enum.Parse<ForwardedPolicy>(one.Settings.GetValueOrDefault("forwarded", "Mapped")),
        };
        var actual = new List<string>();
        foreach (var line in one.Input)
        {
            var (name, value) = (line.Split(": ", 2)[0], line.Split(": ", 2)[1]);
            var result = Apply(one.Type == "request", name, value, rules, new Exchange(one.Settings.ContainsKey("changed"), Origin: one.Settings.GetValueOrDefault("origin")));
            if (result is not null)
                actual.Add($"{name}: {result}");
        }

        Assert.Equal(one.Expected, actual);
    }

    [Fact]
    public void R12_nothing_in_any_mapped_response_field_names_the_origin_any_more()
    {
        // Every expected response of the corpus that was changed, searched for the origins as URLs.
        foreach (var one in RewriteCorpus.Headers.Where(c => c.Type == "response" && c.Title.StartsWith("R12", StringComparison.Ordinal)))
            Assert.DoesNotContain("example", string.Join('\n', one.Expected), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_found_in_any_case_and_as_bytes()
    {
        foreach (var name in HeaderRules.ResponseNames)
        {
            Assert.Same(HeaderRules.ForResponse(name), HeaderRules.ForResponse(name.ToUpperInvariant()));
            Assert.Same(HeaderRules.ForResponse(name), HeaderRules.ForResponse(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
        }

        foreach (var name in HeaderRules.RequestNames)
            Assert.Same(HeaderRules.ForRequest(name), HeaderRules.ForRequest(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
        Assert.Null(HeaderRules.ForResponse("Clear-Site-Data"));
        Assert.Null(HeaderRules.ForResponse(Encoding.ASCII.GetBytes(new string('x', 300))));
    }

    [Fact]
    public void Switched_off_rules_leave_headers_and_cookies_alone()
    {
        var rules = new RewriteRules(RewriteCorpus.Map("https://api.example -> http://payments")) { Headers = false, Cookies = false, Bodies = false };
        Assert.Equal("https://api.example/x", Apply(false, "Location", "https://api.example/x", rules, default));
        Assert.Equal("sid=1; Secure", Apply(false, "Set-Cookie", "sid=1; Secure", rules, default));
        Assert.Equal("zstd", Apply(true, "Accept-Encoding", "zstd", rules, default));
        Assert.Equal("api.example", Apply(true, "Host", "payments", rules, default));
    }

    [Fact]
    public void Any_bytes_as_a_field_value_are_no_exception()
    {
        var random = new Random(7);
        var rules = new RewriteRules(RewriteCorpus.Map("https://api.example/base -> http://payments"));
        byte[] alphabet = [.. "https://api.example/base:443\\\"'<>;,=% *@[]W/".Select(c => (byte)c), 0, 10, 0x80, 0xff];
        for (var i = 0; i < 20_000; i++)
        {
            var value = new byte[random.Next(40)];
            for (var at = 0; at < value.Length; at++)
                value[at] = alphabet[random.Next(alphabet.Length)];
            foreach (var name in HeaderRules.ResponseNames)
                HeaderRules.ForResponse(name)!(value, rules, new Exchange(i % 2 == 0, i % 3 == 0), new ArrayBufferWriter<byte>());
            foreach (var name in HeaderRules.RequestNames)
                HeaderRules.ForRequest(name)!(value, rules, new Exchange(false, i % 3 == 0), new ArrayBufferWriter<byte>());
        }
    }

    [Theory]
    [InlineData("/orders?x=1", "/v1/orders?x=1")]
    [InlineData("/", "/v1/")]
    [InlineData("/v1", "/v1")]
    [InlineData("/v1/orders", "/v1/orders")]
    [InlineData("/v1?x", "/v1?x")]
    [InlineData("/v11", "/v1/v11")]
    [InlineData("*", "*")]
    public void The_request_target_gets_the_base_path_once(string target, string expected)
    {
        var rules = new RewriteRules(RewriteCorpus.Map("https://api.example/v1 -> http://payments"));
        var output = new ArrayBufferWriter<byte>();
        var verdict = RequestHeaders.Target(Encoding.ASCII.GetBytes(target), rules, output);
        Assert.Equal(expected, verdict == HeaderVerdict.Keep ? target : Encoding.ASCII.GetString(output.WrittenSpan));
    }

    internal static string? Apply(bool isRequest, string name, string value, RewriteRules rules, Exchange exchange)
    {
        var rule = isRequest ? HeaderRules.ForRequest(name) : HeaderRules.ForResponse(name);
        if (rule is null)
            return value;
        var output = new ArrayBufferWriter<byte>();
        switch (rule(Encoding.UTF8.GetBytes(value), rules, exchange, output))
        {
            case HeaderVerdict.Dropped:
                Assert.Equal(0, output.WrittenCount);
                return null;
            case HeaderVerdict.Keep:
                Assert.Equal(0, output.WrittenCount);
                return value;
            default:
                return Encoding.UTF8.GetString(output.WrittenSpan);
        }
    }
}
