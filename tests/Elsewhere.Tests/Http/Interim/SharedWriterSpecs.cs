using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Elsewhere.Http.Interim;

namespace Elsewhere.Tests.Http.Interim;

/// <summary>Two that write to one client: what is put in, and when the client takes it.</summary>
public sealed class SharedWriterSpecs
{
    // Whatever is flushed waits for its reader.
    private readonly Pipe client = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));

    [Fact]
    public async Task P8_what_is_put_in_while_the_client_does_not_read_comes_before_what_the_server_writes_later()
    {
        var shared = new SharedWriter(client.Writer);
        Assert.True(shared.TryInsert(1, "<1>"u8.ToArray()));
        Assert.True(shared.TryInsert(1, "<2>"u8.ToArray()));

        Write(shared, "final", ServerTurn.Between);
        Assert.True(shared.TryInsert(3, "<3>"u8.ToArray()));
        Write(shared, "next", ServerTurn.Between);
        var flush = shared.FlushAsync();

        Assert.Equal("<1><2>final<3>next", await ReadAsync(18));
        _ = await flush;
    }

    [Fact]
    public async Task P8_nothing_is_put_into_the_middle_of_what_the_server_writes_while_the_client_does_not_read()
    {
        var shared = new SharedWriter(client.Writer);
        Assert.True(shared.TryInsert(1, "<1>"u8.ToArray()));
        Write(shared, "be", ServerTurn.Within);
        Assert.True(shared.TryInsert(1, "<2>"u8.ToArray()));
        "gi"u8.CopyTo(shared.GetSpan(2));
        Assert.True(shared.TryInsert(1, "<3>"u8.ToArray()));
        shared.Advance(2, ServerTurn.Within);
        Write(shared, "n", ServerTurn.Between);
        var flush = shared.FlushAsync();

        Assert.Equal("<1>begin<2><3>", await ReadAsync(14));
        _ = await flush;
    }

    [Fact]
    public async Task P8_whoever_ends_while_the_client_does_not_read_gets_nothing_behind_its_end()
    {
        var shared = new SharedWriter(client.Writer);
        Assert.True(shared.TryInsert(1, "<1>"u8.ToArray()));
        Assert.True(shared.TryInsert(3, "<3>"u8.ToArray()));
        Assert.True(shared.TryInsert(1, "<2>"u8.ToArray()));
        shared.End(1);

        Write(shared, "reset", ServerTurn.Between);
        var flush = shared.FlushAsync();

        Assert.Equal("<1><3>reset", await ReadAsync(11));
        _ = await flush;
    }

    private static void Write(SharedWriter shared, string text, ServerTurn next)
    {
        Encoding.ASCII.GetBytes(text, shared.GetSpan(text.Length));
        shared.Advance(text.Length, next);
    }

    private async Task<string> ReadAsync(int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            var read = await client.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            text.Append(Encoding.ASCII.GetString(read.Buffer.ToArray()));
            client.Reader.AdvanceTo(read.Buffer.End);
        }

        return text.ToString();
    }
}
