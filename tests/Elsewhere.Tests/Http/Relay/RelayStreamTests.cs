using System.Net.Sockets;
using FsCheck.Xunit;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

public sealed class RelayStreamTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_client_that_has_sent_everything_still_gets_the_whole_answer(bool portable)
    {
        await using var origin = new TestOrigin(async socket =>
        {
            var question = await socket.ReadToEndAsync();
            await socket.SendAllAsync(question.Reverse().ToArray());
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);

        await client.SendAllAsync("abc"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("cba"u8.ToArray(), await client.ReadToEndAsync());
        await UntilAsync(() => relay.Status.Sessions == 0, "the session ends");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_an_origin_that_has_sent_everything_still_gets_all_of_the_client(bool portable)
    {
        var got = new TaskCompletionSource<byte[]>();
        await using var origin = new TestOrigin(async socket =>
        {
            await socket.SendAllAsync("done"u8.ToArray());
            socket.Shutdown(SocketShutdown.Send);
            got.SetResult(await socket.ReadToEndAsync());
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);

        Assert.Equal("done"u8.ToArray(), await client.ReadToEndAsync());
        await client.SendAllAsync("late"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("late"u8.ToArray(), await got.Task);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_reset_of_the_client_reaches_the_origin_as_a_reset(bool portable)
    {
        var end = new TaskCompletionSource<SocketError>();
        await using var origin = new TestOrigin(async socket =>
        {
            await socket.ReadAsync(1);
            await socket.SendAllAsync("y"u8.ToArray());
            end.SetResult(await socket.NextAsync());
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);

        client.Reset();

        Assert.Equal(SocketError.ConnectionReset, await end.Task);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_reset_of_the_origin_reaches_the_client_as_a_reset_behind_its_last_bytes(bool portable)
    {
        await using var origin = new TestOrigin(async socket =>
        {
            await socket.SendAllAsync("last"u8.ToArray());
            await socket.ReadAsync(1);
            socket.Reset();
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);

        Assert.Equal("last"u8.ToArray(), await client.ReadAsync(4));
        await client.SendAllAsync("x"u8.ToArray());

        Assert.Equal(SocketError.ConnectionReset, await client.NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_reset_after_the_clients_FIN_still_reaches_the_origin(bool portable)
    {
        var end = new TaskCompletionSource<SocketError>();
        await using var origin = new TestOrigin(async socket =>
        {
            await socket.ReadToEndAsync();
            await socket.SendAllAsync("half"u8.ToArray());
            await UntilAsync(() => Fails(socket), "writing to a client that is gone fails");
            end.SetResult(SocketError.ConnectionReset);
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        client.Shutdown(SocketShutdown.Send);
        await client.ReadAsync(4);

        client.Reset();

        Assert.Equal(SocketError.ConnectionReset, await end.Task);
        await UntilAsync(() => relay.Status.Sessions == 0, "the session ends");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_reset_reaches_a_side_that_does_not_read(bool portable)
    {
        var full = new TaskCompletionSource();
        await using var origin = new TestOrigin(async socket =>
        {
            socket.Blocking = false;
            var chunk = new byte[65_536];
            var misses = 0;
            while (misses < 20)
            {
                socket.Send(chunk, SocketFlags.None, out var error);
                if (error == SocketError.Success)
                    continue;
                misses++;
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }

            full.SetResult();
            socket.Reset();
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        await full.Task;

        // The portable engine sees the reset when it reads again, that is when the client does.
        if (!portable)
            await UntilAsync(() => relay.Status.Sessions == 0, "the session ends although the client does not read");

        SocketError end;
        while ((end = await client.NextAsync()) == SocketError.Success)
            client.Receive(new byte[65_536], SocketFlags.None, out _);
        Assert.Equal(SocketError.ConnectionReset, end);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T7_a_reader_that_stops_stops_the_sender_and_loses_nothing(bool portable)
    {
        const int Total = 64 << 20;
        long sent = 0;
        await using var origin = new TestOrigin(async socket =>
        {
            var chunk = new byte[65_536];
            for (var offset = 0; offset < Total; offset += chunk.Length)
            {
                chunk.AsSpan().Fill((byte)(offset >> 16));
                await socket.SendAllAsync(chunk);
                Volatile.Write(ref sent, offset + chunk.Length);
            }
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);

        long before;
        do
        {
            before = Volatile.Read(ref sent);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
        while (before == 0 || before != Volatile.Read(ref sent));
        Assert.True(before < Total, "the sender must have been stopped");

        var all = await client.ReadToEndAsync();
        Assert.Equal(Total, all.Length);
        for (var offset = 0; offset < Total; offset += 65_536)
            Assert.Equal((byte)(offset >> 16), all[offset]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T8_many_megabytes_in_random_pieces_arrive_unchanged_both_ways_at_once_and_few_are_on_the_way(bool portable)
    {
        const long Total = 128 << 20;
        var seed = Random.Shared.Next();
        Passage up = new(Total, seed), down = new(Total, seed + 1);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = new TestOrigin(async socket =>
        {
            await Task.WhenAll(down.SendAsync(socket), up.ReceiveAsync(socket));
            arrived.SetResult();
        });
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);

        await Task.WhenAll(up.SendAsync(client), down.ReceiveAsync(client));
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

        foreach (var passage in (Passage[])[up, down])
        {
            Assert.True(passage.Sent.SequenceEqual(passage.Received), $"seed {seed}: other bytes arrived than were sent");
            Assert.True(passage.MostOnTheWay < KernelHolds(), $"seed {seed}: {passage.MostOnTheWay} bytes were on the way at once");
        }

        await UntilAsync(() => relay.Status.Sessions == 0, "the session ends");
        var counters = (await relay.CountersAsync())[0];
        Assert.Equal((Total, Total), (counters.BytesToOrigin, counters.BytesToClient));
    }

    // What two pairs of sockets may buffer at most, and a MiB for a pipe in between: the relay itself holds nothing.
    private static long KernelHolds() => (1 << 20) + (2 * new[] { "tcp_rmem", "tcp_wmem" }.Sum(static name =>
        long.Parse(File.ReadAllText($"/proc/sys/net/ipv4/{name}").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[2], System.Globalization.CultureInfo.InvariantCulture)));

    [Property(MaxTest = 20)]
    public async Task T8_any_slicing_of_a_stream_gives_the_same_bytes(ushort[] slices, bool portable)
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        var all = new byte[slices.Sum(s => s)];
        new Random(slices.Length).NextBytes(all);

        var reading = client.ReadToEndAsync();
        var offset = 0;
        foreach (var slice in slices)
        {
            await client.SendAllAsync(all.AsMemory(offset, slice));
            offset += slice;
        }

        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(all, await reading);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T10_a_PROXY_header_is_data_like_any_other_and_none_is_added(bool portable)
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        var header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"u8.ToArray();

        await client.SendAllAsync(header);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(header, await client.ReadToEndAsync());
    }

    private static bool Fails(Socket socket)
    {
        try
        {
            socket.Send("z"u8);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
