using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Elsewhere.Tests.Http.Http1;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>What an origin sees of what clients send: each request written anew, in one way only, and no other bytes.</summary>
public sealed partial class GatewayCorpusSpecs
{
    public static TheoryData<string> Files() => [.. Http1Corpus.All.Select(static one => one.File).Distinct()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task P1_P2_P3_P5_the_origin_gets_each_request_that_passes_in_one_plain_form_and_nothing_of_the_others(string file)
    {
        // What begins like TLS or like HTTP/2 is not read as HTTP/1.1 at all.
        var cases = Http1Corpus.All.Where(one => one.File == file && one.Bytes.Length < 100_000 && !(one.Bytes is [0x16, ..] || one.Bytes.AsSpan().StartsWith("PRI "u8))).ToArray();
        var wrong = new ConcurrentQueue<string>();
        var requests = new int[cases.Length];
        using var origin = new RawOrigin(async request =>
        {
            // A case is known by its alias' base path: what it sent may come when the next one has begun.
            var number = int.Parse(CaseOf().Match(request.Line).Groups[1].Value, CultureInfo.InvariantCulture);
            Interlocked.Increment(ref requests[number]);
            if (await WhatIsWrongAsync(request) is { } what)
                wrong.Enqueue($"{cases[number].Title}: {what}");
            await request.SendAsync(request.Line.StartsWith("HEAD ", StringComparison.Ordinal) ? "HTTP/1.1 204 No Content\r\n\r\n" : RawOrigin.Answer("ok"));
        });
        await using (var rig = await GatewayRig.StartAsync([.. cases.Select(object (_, number) => GatewayRig.Alias($"c{number}/a", $"{origin.Url}/case{number}"))]))
        {
            for (var number = 0; number < cases.Length; number++)
                await SendAsync(cases[number], rig.At($"c{number}/a"));
        }

        Assert.Empty(wrong);

        // A name that is not the alias' is answered here; a request whose body breaks off may have begun.
        Assert.All(cases.Zip(requests), static one => Assert.True(one.Second <= one.First.Passed + 1, $"{one.First.Title}: {one.Second} requests, of {one.First.Passed}"));
        Assert.True(cases.All(static one => one.Passed == 0) || requests.Sum() > 0, "no request has come at all");
    }

    [Fact]
    public async Task P19_ten_thousand_targets_arrive_at_the_origin_byte_by_byte()
    {
        using var origin = new RawOrigin("HTTP/1.1 204 No Content\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/a", origin.Url));
        var random = new Random(20);
        var targets = Enumerable.Range(0, 10_000).Select(_ => GuardedKestrelSpecs.Target(random)).ToArray();

        using var socket = await GatewayRig.DialAsync(rig.At("shop/a"), CancellationToken.None);
        var sending = socket.SendAsync(string.Concat(targets.Select(static target => $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")) + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var answer = await socket.ReadRestAsync();
        await sending;

        Assert.Equal(targets.Length + 1, RawHttp.Statuses(answer).Length);
        Assert.Equal([.. targets, "/last"], origin.Requests.Select(static request => request.Line["GET ".Length..^" HTTP/1.1".Length]));
    }

    private static async Task SendAsync(Http1Case one, IPEndPoint alias)
    {
        using var socket = await GatewayRig.DialAsync(alias, CancellationToken.None);
        var sending = Record.ExceptionAsync(() => socket.SendAsync(Encoding.Latin1.GetString(one.Bytes)));

        // Who ends before its answers are there takes its requests back.
        if (one.Status == 0)
            Assert.Equal((one.Title, one.Passed), (one.Title, RawHttp.Statuses(await socket.ReadAnswersAsync(one.Passed)).Length));
        else
            _ = await socket.ReadUntilAsync($"side: client, code: {one.Code}\n");
        socket.Shutdown(SocketShutdown.Both);
        await sending;
    }

    // The one form that the gateway writes; what no server reads otherwise.
    private static async Task<string?> WhatIsWrongAsync(RawRequest request)
    {
        if (!Head().IsMatch(request.Head))
            return request.Head;
        var lengths = request.Head.Split("\r\n").Count(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var codings = request.Head.Split("\r\n").Count(static line => line.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase));
        var hosts = request.Head.Split("\r\n").Count(static line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase));
        if (lengths + codings > 1 || hosts != 1 || request.Field("Upgrade") is not null != request.Field("Connection") is not null)
            return request.Head;
        if (lengths == 1)
            await request.Stream.ReadExactlyAsync(new byte[int.Parse(request.Field("Content-Length")!, CultureInfo.InvariantCulture)]);
        if (codings == 0)
            return null;
        for (var isLast = false; !isLast;)
        {
            var line = await LineAsync(request.Stream);
            if (!Size().IsMatch(line))
                return line;
            var size = Convert.ToInt32(line.TrimEnd(), 16);
            isLast = size == 0;
            await request.Stream.ReadExactlyAsync(new byte[size]);
            if (!isLast && await LineAsync(request.Stream) != "\r\n")
                return "no end of line behind a chunk";
        }

        for (var line = await LineAsync(request.Stream); line != "\r\n"; line = await LineAsync(request.Stream))
        {
            if (!Field().IsMatch(line))
                return line;
        }

        return null;
    }

    private static async Task<string> LineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length == 0 || line[^1] != '\n')
        {
            await stream.ReadExactlyAsync(one);
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP/1\.1\r\n([!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n)+\r\n\z")]
    private static partial Regex Head();

    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n\z")]
    private static partial Regex Field();

    [GeneratedRegex("/case([0-9]+)")]
    private static partial Regex CaseOf();

    [GeneratedRegex(@"\A[0-9a-f]+\r\n\z")]
    private static partial Regex Size();
}
