using System.IO.Pipelines;
using System.Text;
using Elsewhere.Http.Http1Client;
using Elsewhere.Tests.Http.Http2;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Http.Http2Client;

/// <summary>What an answer of HTTP/2 means, and which have no meaning; what a stream costs its neighbours.</summary>
public sealed class Http2AnswerSpecs
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("x: y", "StatusMissing")]
    [InlineData(":status: 20", "StatusMissing")]
    [InlineData(":status: 2x0", "StatusMissing")]
    [InlineData(":status: 200|:status: 200", "PseudoFieldMisplaced")]
    [InlineData("x: y|:status: 200", "PseudoFieldMisplaced")]
    [InlineData(":path: /|:status: 200", "PseudoFieldMisplaced")]
    [InlineData(":status: 200|X-Upper: y", "FieldNameMalformed")]
    [InlineData(":status: 200|a b: y", "FieldNameMalformed")]
    [InlineData(":status: 200|x: a\rb", "ControlByte")]
    [InlineData(":status: 200|x: a\nb", "ControlByte")]
    [InlineData(":status: 200|connection: close", "FieldOfConnection")]
    [InlineData(":status: 200|transfer-encoding: chunked", "FieldOfConnection")]
    [InlineData(":status: 200|content-length: 3", "LengthWrong")]
    [InlineData(":status: 200|content-length: 03", "LengthMalformed")]
    [InlineData(":status: 200|content-length: 0|content-length: 0", "LengthRepeated")]
    [InlineData(":status: 103", "FrameMalformed")]
    [InlineData(":status: 204|content-length: 3", "204|content-length=3|[]")]
    [InlineData(":status: 200|x: a|set-cookie: b|set-cookie: c", "200|x=a|set-cookie=b|set-cookie=c|[]")]
    public async Task P9_P26_an_answer_has_one_meaning_or_a_fault_that_costs_its_stream_alone(string fields, string meaning)
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Headers(1, Fields(fields)));
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(ScriptedOrigin.Answer(3, "next"));
            await connection.ReadAsync();
        });

        Assert.Equal(meaning, await origin.AskAsync());
        Assert.Equal("200|[next]", await origin.AskAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Theory]
    [InlineData("3", "ab", "LengthWrong")]
    [InlineData("1", "ab", "LengthWrong")]
    [InlineData("2", "ab", "200|content-length=2|[ab]")]
    public async Task P9_content_is_as_long_as_its_length_says(string length, string body, string meaning)
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(ScriptedOrigin.Answer(1, body, ("content-length", length)));
            await connection.ReadAsync();
        });

        Assert.Equal(meaning, await origin.AskAsync());
    }

    [Fact]
    public async Task P8_P18_interim_answers_and_trailers_come_as_they_were_sent()
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(
            [
                .. RawHttp2.Headers(1, Fields(":status: 103|link: </a>"), end: false), .. RawHttp2.Headers(1, Fields(":status: 100"), end: false),
                .. RawHttp2.Headers(1, Fields(":status: 200|a: b"), end: false), .. RawHttp2.Frame(FrameType.Data, 8, 1, [2, (byte)'x', 0, 0]),
                .. RawHttp2.Headers(1, Fields("grpc-status: 0")),
            ]);
            await connection.ReadAsync();
        });

        Assert.Equal("103|link=</a>|200|a=b|[x]|grpc-status=0", await origin.AskAsync());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task P12_a_header_is_sent_up_to_the_very_size_that_the_origin_takes_and_a_larger_one_costs_nothing(int more, bool passes)
    {
        // :method GET, :scheme http, :path /, :authority a, and x of no value: 42 + 43 + 38 + 43 + 33.
        const byte most = 199;
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                while (await ScriptedOrigin.HeadAsync(connection) is { } head)
                    await connection.SendAsync(ScriptedOrigin.Answer(head.Stream, "ok"));
            },
            [0, 6, 0, 0, 0, most]);
        Assert.Equal("200|[ok]", await origin.AskAsync());
        var request = ScriptedOrigin.Get();
        request.Fields.Add("x", new string('y', more));

        if (passes)
            Assert.Equal("200|[ok]", await origin.AskAsync(request));
        else
            await Assert.ThrowsAsync<Elsewhere.Http.Http2Client.HeadRefusedException>(() => origin.AskAsync(request));
        Assert.Equal("200|[ok]", await origin.AskAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task P12_P18_trailers_that_are_larger_than_the_origin_takes_end_their_stream_alone()
    {
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                while (await ScriptedOrigin.HeadAsync(connection) is { } head)
                {
                    if ((head.Flags & Frame.EndStream) != 0)
                        await connection.SendAsync(ScriptedOrigin.Answer(head.Stream, "ok"));
                }
            },
            [0, 6, 0, 0, 1, 0]);
        Assert.Equal("200|[ok]", await origin.AskAsync());
        var request = ScriptedOrigin.Post(new MemoryStream([1]));
        request.Body = request.Body! with { Trailers = static () => [new("x", new string('y', 224))] };

        await Assert.ThrowsAsync<Elsewhere.Http.Http2Client.HeadRefusedException>(() => origin.AskAsync(request));
        Assert.Equal("200|[ok]", await origin.AskAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Property(MaxTest = 40)]
    public void Any_split_of_an_answer_gives_the_same(int seed)
    {
        var random = new Random(seed);
        byte[] bytes =
        [
            .. RawHttp2.Headers(1, Fields(":status: 103|link: </a>"), end: false),
            .. RawHttp2.Frame(FrameType.Headers, 0, 1, Fields(":status: 200")), .. RawHttp2.Frame(FrameType.Continuation, 0, 1, Fields("a: b")),
            .. RawHttp2.Frame(FrameType.Continuation, Frame.EndHeaders, 1, Fields("c: d")), .. RawHttp2.Frame(FrameType.Ping, 0, 0, new byte[8]),
            .. RawHttp2.Frame(FrameType.Data, 0, 1, "one"u8), .. RawHttp2.Frame((FrameType)77, 3, 1, "what"u8), .. RawHttp2.Frame(FrameType.Data, 0, 1, "two"u8),
            .. RawHttp2.Headers(1, Fields("x: y")),
        ];
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            for (var at = 0; at < bytes.Length;)
            {
                var next = Math.Min(bytes.Length, at + random.Next(1, 40));
                await connection.SendAsync(bytes[at..next]);
                at = next;
                await Task.Yield();
            }

            await connection.ReadAsync();
        });

        Assert.Equal("103|link=</a>|200|a=b|c=d|[onetwo]|x=y", origin.AskAsync().GetAwaiter().GetResult());
    }

    [Fact]
    public async Task P15_what_a_goodbye_does_not_count_is_sent_once_more_on_another_connection()
    {
        using var origin = new ScriptedOrigin(async (connection, number) =>
        {
            var head = await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(number == 1
                ? RawHttp2.Frame(FrameType.GoAway, 0, 0, new byte[8])
                : ScriptedOrigin.Answer(head!.Stream, "ok"));
            await connection.ReadAsync();
        });

        Assert.Equal("200|[ok]", await origin.AskAsync());
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task P15_what_a_goodbye_counts_is_answered_and_nothing_else_begins_there()
    {
        using var origin = new ScriptedOrigin(async (connection, number) =>
        {
            var head = await ScriptedOrigin.HeadAsync(connection);
            if (number == 1)
                await connection.SendAsync([.. RawHttp2.Headers(1, Fields(":status: 200"), end: false), .. RawHttp2.Frame(FrameType.GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]), .. RawHttp2.Frame(FrameType.Data, Frame.EndStream, 1, "old"u8)]);
            else
                await connection.SendAsync(ScriptedOrigin.Answer(head!.Stream, "new"));
            await connection.ReadUntilAsync(static _ => false);
        });

        Assert.Equal("200|[old]", await origin.AskAsync());
        Assert.Equal("200|[new]", await origin.AskAsync());
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData(7, "StreamRefused")]
    [InlineData(2, "StreamReset")]
    [InlineData(0, "StreamReset")]
    public async Task P15_a_stream_that_is_reset_says_whether_anything_was_done(int error, string fault)
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Frame(FrameType.ResetStream, 0, 1, RawHttp2.Number(error)));
            await connection.ReadAsync();
        });

        Assert.Equal(fault, await origin.AskAsync());
    }

    [Fact]
    public async Task An_answer_that_is_complete_stops_the_upload_and_leaves_the_connection()
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync([.. ScriptedOrigin.Answer(1, "enough"), .. RawHttp2.Frame(FrameType.ResetStream, 0, 1, RawHttp2.Number(0))]);
            var head = await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(ScriptedOrigin.Answer(head!.Stream, "next"));
            await connection.ReadAsync();
        });
        var endless = new Pipe();
        await endless.Writer.WriteAsync(new byte[10]);

        Assert.Equal("200|[enough]", await origin.AskAsync(ScriptedOrigin.Post(endless.Reader.AsStream())));
        Assert.Equal("200|[next]", await origin.AskAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task P13_a_body_goes_as_the_windows_open_and_no_further()
    {
        var sizes = new List<int>();
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                await ScriptedOrigin.HeadAsync(connection);
                await connection.SendAsync(ScriptedOrigin.Answer(1, "known"));
                await ScriptedOrigin.HeadAsync(connection);
                for (var total = 0; total < 100;)
                {
                    var data = await connection.ReadUntilAsync(static frame => frame.Type == FrameType.Data);
                    sizes.Add(data!.Payload.Length);
                    total += data.Payload.Length;
                    await connection.SendAsync(total == 10
                        ? RawHttp2.Frame(FrameType.Settings, 0, 0, [0, 4, 0, 0, 0, 35])
                        : RawHttp2.Frame(FrameType.WindowUpdate, 0, 3, RawHttp2.Number(40)));
                }

                await connection.SendAsync(ScriptedOrigin.Answer(3, "all"));
                await connection.ReadAsync();
            },
            settings: [0, 4, 0, 0, 0, 10]);

        Assert.Equal("200|[known]", await origin.AskAsync());
        Assert.Equal("200|[all]", await origin.AskAsync(ScriptedOrigin.Post(new MemoryStream(new byte[100]))));
        Assert.Equal([10, 25, 40, 25], sizes);
    }

    [Fact]
    public async Task P15_an_origin_that_takes_one_stream_gets_the_second_on_another_connection()
    {
        var both = new TaskCompletionSource();
        var count = 0;
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                await ScriptedOrigin.HeadAsync(connection);
                if (Interlocked.Increment(ref count) == 2)
                    both.SetResult();
                await both.Task.WaitAsync(deadline);
                await connection.SendAsync(ScriptedOrigin.Answer(1, "ok"));
                await connection.ReadAsync();
            },
            settings: [0, 3, 0, 0, 0, 1]);

        Assert.All(await Task.WhenAll(origin.AskAsync(), origin.AskAsync()), static answer => Assert.Equal("200|[ok]", answer));
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData((int)FrameType.Settings)]
    [InlineData((int)FrameType.Ping)]
    [InlineData((int)FrameType.Data)]
    [InlineData((int)FrameType.Priority)]
    public async Task P13_frames_of_no_use_without_end_end_the_connection(int kind)
    {
        var type = (FrameType)kind;
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Headers(1, Fields(":status: 200"), end: false));
            var payload = new byte[type switch { FrameType.Ping => 8, FrameType.Priority => 5, _ => 0 }];
            await connection.FloodAsync(100_000, _ => RawHttp2.Frame(type, 0, type is FrameType.Data or FrameType.Priority ? 1 : 0, payload));
        });

        Assert.EndsWith("Flood", await origin.AskAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "FrameMalformed")]
    [InlineData("", "Closed")]
    public async Task An_origin_that_speaks_no_HTTP_2_is_told_from_one_that_closes(string bytes, string fault)
    {
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                await ScriptedOrigin.HeadAsync(connection);
                await connection.SendAsync(Encoding.ASCII.GetBytes(bytes));
                connection.Dispose();
            },
            sendsSettings: false);

        Assert.Equal(fault, await origin.AskAsync());
    }

    [Fact]
    public async Task P25_a_header_that_is_too_large_costs_its_stream_alone()
    {
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Frame(FrameType.Headers, Frame.EndStream, 1, Fields(":status: 200")));
            for (var i = 0; i < 13; i++)
                await connection.SendAsync(RawHttp2.Frame(FrameType.Continuation, i == 12 ? Frame.EndHeaders : (byte)0, 1, Fields($"set-cookie: {new string('x', 12_000)}")));
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(ScriptedOrigin.Answer(3, "next"));
            await connection.ReadAsync();
        });

        Assert.Equal("HeadTooLarge", await origin.AskAsync());
        Assert.Equal("200|[next]", await origin.AskAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task P24_a_request_that_is_given_up_is_cancelled_at_once()
    {
        var reset = new TaskCompletionSource<Frame?>();
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Headers(1, Fields(":status: 200"), end: false));
            reset.SetResult(await connection.ReadUntilAsync(static frame => frame.Type == FrameType.ResetStream));
        });
        using var over = new CancellationTokenSource();
        await using var answer = await origin.Pool.SendAsync(ScriptedOrigin.Get(), over.Token);
        var next = answer!.NextAsync(over.Token).AsTask();

        await over.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.Equal(8, (await reset.Task.WaitAsync(deadline))!.Error);
    }

    [Fact]
    public async Task Expectation_waits_for_the_word_and_a_final_answer_spares_the_body()
    {
        var seen = new TaskCompletionSource<Frame?>();
        using var origin = new ScriptedOrigin(
            async (connection, _) =>
            {
                await ScriptedOrigin.HeadAsync(connection);
                await connection.SendAsync(RawHttp2.Headers(1, Fields(":status: 417")));
                seen.SetResult(await connection.ReadUntilAsync(static frame => frame.Type is FrameType.Data or FrameType.ResetStream));
            },
            limits: new AnswerLimits { Continue = deadline });
        var request = ScriptedOrigin.Post(new MemoryStream(new byte[10]), 10);
        request.ExpectsContinue = true;

        Assert.Equal("417|[]", await origin.AskAsync(request));
        Assert.Equal(FrameType.ResetStream, (await seen.Task.WaitAsync(deadline))!.Type);
    }

    private static byte[] Fields(string fields) => RawHttp2.Fields(
        [.. fields.Split('|').Select(static field => (field[..field.IndexOf(": ", 1, StringComparison.Ordinal)], field[(field.IndexOf(": ", 1, StringComparison.Ordinal) + 2)..]))]);
}
