using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>What the head of an answer says is true of the body that the client gets.</summary>
public sealed class RewrittenAnswerSpecs
{
    private const string Mapped = "<a href=\"http://payments:8080/x\">x</a>";

    [Theory]
    [InlineData("gzip, identity;q=0", "gzip", null)]
    [InlineData("br, *;q=0", "br", null)]
    [InlineData("gzip, identity;q=0", "gzip", "gzip")]
    [InlineData("gzip", null, "gzip")]
    [InlineData("", null, null)]
    public async Task R3_a_body_that_is_coded_for_the_client_says_how_and_that_this_varies(string accept, string? coding, string? codingOfOrigin)
    {
        await using var origin = await OriginAsync(async context =>
        {
            context.Response.ContentType = "text/html";
            context.Response.Headers.Vary = "Cookie";
            if (codingOfOrigin is not null)
                context.Response.Headers.ContentEncoding = codingOfOrigin;
            await context.Response.Body.WriteAsync(codingOfOrigin is null ? Encoding.UTF8.GetBytes(PageOf(context)) : Gzip(PageOf(context)));
        });
        await using var rig = await RigAsync(origin);
        using var client = rig.Client("shop/payments");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://payments:8080/");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        using var response = await client.SendAsync(request);

        Assert.Equal(coding is null ? [] : [coding], response.Content.Headers.ContentEncoding);
        Assert.Equal(coding is null ? ["Cookie"] : ["Cookie", "Accept-Encoding"], response.Headers.Vary);
        await using var body = await response.Content.ReadAsStreamAsync();
        await using Stream plain = coding switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => body,
        };
        Assert.Equal(Mapped, await new StreamReader(plain).ReadToEndAsync());
    }

    [Fact]
    public async Task R7_a_304_says_nothing_of_the_origins_bytes_where_it_speaks_of_a_mapped_body()
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.Headers.ETag = "\"abc\"";
            context.Response.Headers["Content-Digest"] = "sha-256=:abc=:";
            context.Response.Headers.AcceptRanges = "bytes";
            if (context.Request.Headers.IfNoneMatch.ToString() == "\"abc\"")
            {
                context.Response.StatusCode = 304;
                return Task.CompletedTask;
            }

            context.Response.ContentType = context.Request.Path == "/page" ? "text/html" : "image/png";
            return context.Response.WriteAsync(PageOf(context));
        });
        await using var rig = await RigAsync(origin);
        using var client = rig.Client("shop/payments");
        foreach (var path in (string[])["page", "image"])
        {
            var isText = path == "page";
            using var first = await client.GetAsync(new Uri($"http://payments:8080/{path}"));
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://payments:8080/{path}");
            request.Headers.TryAddWithoutValidation("If-None-Match", first.Headers.ETag!.ToString());
            using var second = await client.SendAsync(request);

            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
            Assert.Equal(first.Headers.ETag, second.Headers.ETag);
            Assert.Equal(isText, second.Headers.ETag!.IsWeak);
            Assert.Equal(!isText, second.Headers.Contains("Content-Digest"));
            Assert.Equal([isText ? "none" : "bytes"], second.Headers.AcceptRanges);
        }
    }

    [Fact]
    public async Task R8_a_range_that_cannot_be_is_answered_as_the_origin_answers_it()
    {
        var asked = 0;
        await using var origin = await OriginAsync(context =>
        {
            asked++;
            if (context.Request.Headers.Range.Count == 0)
            {
                context.Response.ContentType = "application/zip";
                return context.Response.Body.WriteAsync(new byte[100]).AsTask();
            }

            context.Response.StatusCode = 416;
            context.Response.ContentType = "text/html";
            context.Response.Headers.ContentRange = "bytes */100";
            return context.Response.WriteAsync(PageOf(context));
        });
        await using var rig = await RigAsync(origin);
        using var client = rig.Client("shop/payments");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://payments:8080/a.zip");
        request.Headers.TryAddWithoutValidation("Range", "bytes=100-");
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
        Assert.Equal("bytes */100", response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(Mapped, await response.Content.ReadAsStringAsync());
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task R11_a_page_of_another_alias_is_told_its_own_origin_by_whichever_name_it_came()
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
            context.Response.Headers.AccessControlAllowCredentials = "true";
            return context.Response.WriteAsync(context.Request.Headers.Origin.ToString());
        });
        await using var rig = await RigAsync(origin);
        using var client = rig.Client("shop/payments");
        foreach (var page in (string[])["http://web:8080", "https://web:8443", "http://payments:8080", "https://www.web.example", "null"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://payments:8080/");
            request.Headers.TryAddWithoutValidation("Origin", page);
            using var response = await client.SendAsync(request);
            Assert.Equal([page], response.Headers.GetValues("Access-Control-Allow-Origin"));
            var told = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("web:", told, StringComparison.Ordinal);
            Assert.DoesNotContain("payments:", told, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task R2_an_empty_body_keeps_its_length(string method)
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.StatusCode = 201;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 0;
            context.Response.Headers.ETag = "\"abc\"";
            return Task.CompletedTask;
        });
        await using var rig = await RigAsync(origin);
        using var client = rig.Client("shop/payments");
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://payments:8080/");
        using var response = await client.SendAsync(request);

        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Null(response.Headers.TransferEncodingChunked);
        Assert.Equal("\"abc\"", response.Headers.ETag!.ToString());
    }

    [Theory]
    [InlineData("gzip", "<p>this is no gzip at all")]
    [InlineData("br", "\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("gzip", "\u001f\u008b\u0008")]
    public async Task R3_a_body_of_which_nothing_can_be_decoded_is_an_error_with_its_reason(string coding, string bytes)
    {
        await using var origin = await OriginAsync(context =>
        {
            context.Response.ContentType = "text/html";
            context.Response.Headers.ContentEncoding = coding;
            context.Response.Headers.SetCookie = "a=b";
            // Its length comes with its head: without it, the end would be a pause later, and the head would be with the client by then.
            context.Response.ContentLength = bytes.Length;
            return context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(bytes)).AsTask();
        });
        await using var rig = await RigAsync(origin);
        foreach (var port in (int[])[GatewayRig.Plain, GatewayRig.Secure])
        {
            using var client = rig.Client("shop/payments", port);
            using var response = await client.GetAsync(new Uri(port == GatewayRig.Plain ? "http://payments:8080/" : "https://payments:8443/"));

            Assert.Equal((HttpStatusCode.BadGateway, "gateway-origin-body"), (response.StatusCode, response.Headers.GetValues("Elsewhere-Error").Single()));
            Assert.Empty(response.Content.Headers.ContentEncoding);
            Assert.False(response.Headers.Contains("Set-Cookie"));
            Assert.Contains("Content-Encoding", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("decode-failure", Assert.Single(rig.Server.Faults.All).Code);
    }

    private static Task<KestrelOrigin> OriginAsync(RequestDelegate answer) => KestrelOrigin.StartAsync(answer, HttpProtocols.Http1);

    private static string PageOf(HttpContext context) => $"<a href=\"http://{context.Request.Host}/x\">x</a>";

    private static async Task<GatewayRig> RigAsync(KestrelOrigin origin) =>
        (await GatewayRig.StartAsync(
            GatewayRig.Alias("shop/payments", $"http://api.payments.example:{origin.Port}"), GatewayRig.Alias("shop/web", "https://www.web.example")))
        .With("api.payments.example", IPAddress.Loopback).With("www.web.example", IPAddress.Loopback);

    private static byte[] Gzip(string text)
    {
        using var coded = new MemoryStream();
        using (var stream = new GZipStream(coded, CompressionLevel.Fastest))
            stream.Write(Encoding.UTF8.GetBytes(text));
        return coded.ToArray();
    }
}
