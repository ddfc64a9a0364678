using System.Globalization;
using System.IO.Pipes;
using System.Text;
using Elsewhere.Commands;

namespace Elsewhere.Tests.Commands;

public sealed class OutputQueueSpecs
{
    [Fact]
    public async Task O5_A_reader_that_stops_reading_holds_nobody_up_and_learns_how_many_lines_it_missed()
    {
        const int written = 50_000;
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var client = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        var queue = new OutputQueue();
        var lines = queue.To(pipe);
        lines.Notice = static count => string.Create(CultureInfo.InvariantCulture, $"left out {count}");
        queue.Begin();

        // Nobody reads: these are five mebibytes, and a pipe holds much less.
        for (var i = 0; i < written; i++)
            lines.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"line {i,-94}\n")));

        using var reader = new StreamReader(client);
        var read = 0;
        string? line;
        while ((line = await reader.ReadLineAsync())!.StartsWith("line ", StringComparison.Ordinal))
            Assert.Equal(read++, int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture));
        Assert.Equal($"left out {written - read}", line);
        Assert.InRange(read, 1, written - 1);

        lines.Write("and on it "u8);
        lines.Write("goes\n"u8);
        Assert.Equal("and on it goes", await reader.ReadLineAsync());
        queue.Dispose();
        await pipe.DisposeAsync();
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public void What_was_said_last_is_written_before_the_end()
    {
        var target = new MemoryStream();
        using (var queue = new OutputQueue())
        {
            var lines = queue.To(target);
            lines.Write("at once"u8);
            Assert.Equal("at once", Encoding.UTF8.GetString(target.ToArray()));
            queue.Begin();
            lines.Write("stopped\n"u8);
        }

        Assert.Equal("at oncestopped\n", Encoding.UTF8.GetString(target.ToArray()));
    }
}
