using System.Net.Sockets;
using System.Text;
using Elsewhere.Tests.Http.Relay;

namespace Elsewhere.Tests.Http.Http1;

public sealed class GuardedKestrelCorpusSpecs(GuardedEcho server) : IClassFixture<GuardedEcho>
{
    private const string Last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /// <summary>Cases that wait for more have no end that could be seen here.</summary>
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var one in Http1Corpus.All.Where(c => !c.Waits))
            data.Add(one.File, one.Title);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Over_a_real_connection_each_request_is_answered_in_its_turn_and_a_refusal_is_the_last(string file, string title)
    {
        var one = Http1Corpus.Find(file, title);
        await AssertAnswersAsync(one, [one.Bytes]);
        if (one.Bytes.Length > 2000)
            return;
        await AssertAnswersAsync(one, one.Bytes.Chunk(1));
        await AssertAnswersAsync(one, ParserRun.Cut(one.Bytes, new Random(1)));
    }

    private async Task AssertAnswersAsync(Http1Case one, IEnumerable<byte[]> pieces)
    {
        using var socket = await server.Kestrel.ConnectAsync();
        // A refusal does not wait for the rest, and a server that has refused may close while we still send.
        var sending = Record.ExceptionAsync(async () =>
        {
            foreach (var piece in pieces)
                await socket.SendAllAsync(piece);
            if (one.Status == 0)
                await socket.SendAsync(Last);
        });
        // Once the refusal has come, there is no reason for the client to keep the connection.
        var answer = one.Status == 0 ? await socket.ReadRestAsync() : await socket.ReadUntilAsync($"side: client, code: {one.Code}\n");
        if (one.Status != 0)
            socket.Shutdown(SocketShutdown.Both);
        var statuses = RawHttp.Statuses(answer);
        await sending;
        var old = Encoding.Latin1.GetString(one.Bytes).Contains("HTTP/1.0\r\n", StringComparison.Ordinal);
        var last = one.Status != 0 ? one.Status : 200;
        // HTTP/1.0 ends the connection behind its response, unless it was asked not to.
        if (one.Status != 0 || !old || statuses.Length > one.Passed)
            Assert.Equal([.. Enumerable.Repeat(200, one.Passed), last], statuses);
        else
            Assert.Equal(Enumerable.Repeat(200, one.Passed), statuses);
        if (one.Status == 0)
            return;
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
    }
}

/// <summary>One guarded Kestrel for many cases.</summary>
public sealed class GuardedEcho : IAsyncLifetime
{
    internal GuardedKestrel Kestrel { get; private set; } = null!;

    public async Task InitializeAsync() => Kestrel = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync);

    public async Task DisposeAsync() => await Kestrel.DisposeAsync();
}
