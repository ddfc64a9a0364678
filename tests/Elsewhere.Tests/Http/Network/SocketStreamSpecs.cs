using System.Net;
using System.Net.Sockets;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Http.Network;

/// <summary>Connections to origins, by each way to use sockets.</summary>
public sealed class SocketStreamSpecs
{
    public static TheoryData<string> Names => NetworkRig.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_written_in_any_pieces_comes_out_in_any_pieces_both_ways_at_once(string name)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name), seed % 2 == 0 ? 4096 : null);
            await using var _ = stream;
            using var __ = peer;
            if (seed % 3 == 0)
                stream.RunInline();
            var (there, back) = (NetworkRig.Bytes(seed, 1_500_000), NetworkRig.Bytes(~seed, 1_500_000));

            var writing = Task.Run(async () =>
            {
                await NetworkRig.WriteAsync(piece => stream.WriteAsync(piece), there, seed);
                await stream.FlushAsync();
            });
            var answering = Task.Run(async () =>
            {
                await NetworkRig.WriteAsync(async piece => await peer.SendAsync(piece), back, seed + 1);
                peer.Shutdown(SocketShutdown.Send);
            });
            var arriving = NetworkRig.ReadToEndAsync(buffer => stream.ReadAsync(buffer), seed + 2);
            var taken = new byte[there.Length];
            for (var count = 0; count < taken.Length;)
                count += await peer.ReceiveAsync(taken.AsMemory(count)).AsTask().WaitAsync(NetworkRig.Limit);

            await Task.WhenAll(writing, answering).WaitAsync(NetworkRig.Limit);
            NetworkRig.Same(back, await arriving);
            NetworkRig.Same(there, taken);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_writes_waits_for_a_peer_that_takes_nothing_and_goes_on_when_it_does(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        using var __ = peer;
        var bytes = NetworkRig.Bytes(1, 32 << 20);

        var writing = stream.WriteAsync(bytes).AsTask();
        Assert.False(writing.IsCompleted);
        var taken = 0;
        var buffer = new byte[1 << 20];
        while (taken < bytes.Length)
        {
            var count = await peer.ReceiveAsync(buffer).WaitAsync(NetworkRig.Limit);
            Assert.True(bytes.AsSpan(taken, count).SequenceEqual(buffer.AsSpan(0, count)));
            taken += count;
        }

        await writing.WaitAsync(NetworkRig.Limit);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_came_before_the_end_is_read_before_it_and_the_other_direction_goes_on(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        using var __ = peer;
        await peer.SendAsync("a word"u8.ToArray());
        peer.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => stream.HasNews, "it has come");

        // Less than fits: the end stands behind it, of which nothing says anything any more.
        var buffer = new byte[100];
        Assert.Equal(4, await stream.ReadAsync(buffer.AsMemory(0, 4)));
        Assert.Equal(2, await stream.ReadAsync(buffer).AsTask().WaitAsync(NetworkRig.Limit));
        Assert.Equal(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(NetworkRig.Limit));
        Assert.Equal(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(NetworkRig.Limit));

        await stream.WriteAsync("an answer"u8.ToArray());
        Assert.Equal(9, await peer.ReceiveAsync(buffer).WaitAsync(NetworkRig.Limit));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_has_written_all_hears_what_the_peer_still_says(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        using var __ = peer;
        var buffer = new byte[16];
        await stream.WriteAsync("a word"u8.ToArray());

        stream.EndWrites();

        Assert.Equal(6, await peer.ReceiveAsync(buffer).WaitAsync(NetworkRig.Limit));
        Assert.Equal(0, await peer.ReceiveAsync(buffer).WaitAsync(NetworkRig.Limit));
        await peer.SendAsync("another"u8.ToArray());
        Assert.Equal(7, await stream.ReadAsync(buffer).AsTask().WaitAsync(NetworkRig.Limit));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_ends_what_is_closed_already_does_nothing(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        using var _ = peer;
        await stream.DisposeAsync();

        stream.EndWrites();
        stream.Shutdown();

        Assert.Equal(0, await peer.ReceiveAsync(new byte[1]).WaitAsync(NetworkRig.Limit));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_reset_ends_a_read_and_a_write_that_wait(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        var reading = stream.ReadAsync(new byte[10]).AsTask();
        var writing = stream.WriteAsync(new byte[32 << 20]).AsTask();

        peer.Close(timeout: 0);

        // The kernel tells one of them of the reset, and the other one that it is over.
        await Task.WhenAny(reading).WaitAsync(NetworkRig.Limit);
        Assert.True(reading.IsFaulted ? reading.Exception.InnerException is IOException : await reading == 0);
        await Assert.ThrowsAsync<IOException>(() => writing.WaitAsync(NetworkRig.Limit));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_shuts_down_or_closes_ends_a_read_and_a_write_that_wait(string name)
    {
        foreach (var closes in new[] { false, true })
        {
            var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
            using var _ = peer;
            var reading = stream.ReadAsync(new byte[10]).AsTask();
            var writing = stream.WriteAsync(new byte[32 << 20]).AsTask();

            if (closes)
                await stream.DisposeAsync();
            else
                stream.Shutdown();

            // A read may find the end, too.
            await Task.WhenAny(reading).WaitAsync(NetworkRig.Limit);
            Assert.True(reading.IsFaulted || await reading == 0);
            await Assert.ThrowsAsync<IOException>(() => writing.WaitAsync(NetworkRig.Limit));
            await stream.DisposeAsync();
            stream.Shutdown();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_read_that_is_cancelled_leaves_the_stream_as_it_was(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        using var __ = peer;
        var sent = NetworkRig.Bytes(7, 3000);
        var (got, buffer, random) = (new List<byte>(), new byte[64], new Random(7));
        var sending = Task.Run(async () =>
        {
            foreach (var one in sent)
                await peer.SendAsync(new[] { one });
        });

        while (got.Count < sent.Length)
        {
            using var soon = new CancellationTokenSource();
            var reading = stream.ReadAsync(buffer, soon.Token).AsTask();
            if (random.Next(2) == 0)
                await Task.Yield();
            await soon.CancelAsync();
            try
            {
                got.AddRange(buffer.AsSpan(0, await reading.WaitAsync(NetworkRig.Limit)));
            }
            catch (OperationCanceledException)
            {
                // Nothing had come.
            }
        }

        await sending;
        Assert.Equal(sent, got);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_read_of_no_bytes_waits_until_there_are_some(string name)
    {
        var (stream, peer) = await NetworkRig.ConnectAsync(NetworkRig.Of(name));
        await using var _ = stream;
        using var __ = peer;

        var reading = stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(reading.IsCompleted);
        Assert.False(stream.HasNews);
        await peer.SendAsync("x"u8.ToArray());

        Assert.Equal(0, await reading.WaitAsync(NetworkRig.Limit));
        Assert.True(stream.HasNews);
        Assert.Equal(1, await stream.ReadAsync(new byte[2]));
        Assert.False(stream.HasNews);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Nobody_listens_is_an_error_by_name(string name)
    {
        using var closed = NetworkRig.Listen();
        var where = (IPEndPoint)closed.LocalEndPoint!;
        closed.Dispose();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        var failure = await Assert.ThrowsAsync<SocketException>(() => NetworkRig.Of(name).ConnectAsync(socket, where, CancellationToken.None).AsTask().WaitAsync(NetworkRig.Limit));

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_one_connection_writes_while_it_is_closed_never_comes_out_of_another_one(string name)
    {
        var network = NetworkRig.Of(name);
        using var listener = NetworkRig.Listen();
        var peers = Task.Run(async () =>
        {
            // Each connection says one byte again and again; its number goes from one to the next as fast as it can.
            var checks = new List<Task>();
            for (var i = 0; i < 400; i++)
            {
                var peer = await listener.AcceptAsync();
                checks.Add(Task.Run(async () =>
                {
                    using (peer)
                    {
                        var all = await ReadUntilGoneAsync(peer);
                        Assert.Equal(-1, all.AsSpan().IndexOfAnyExcept(all.Length > 0 ? all[0] : (byte)0));
                    }
                }));
            }

            await Task.WhenAll(checks);
        });

        await NetworkRig.ManyAsync(400, async i =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var stream = await network.ConnectAsync(socket, (IPEndPoint)listener.LocalEndPoint!, CancellationToken.None);
            var says = new byte[3000];
            says.AsSpan().Fill((byte)i);
            var writing = Task.Run(async () =>
            {
                while (true)
                    await stream.WriteAsync(says);
            });
            var reading = Task.Run(async () => await stream.ReadAsync(new byte[100]));
            await stream.WriteAsync(Array.Empty<byte>());
            await Task.Yield();
            await stream.DisposeAsync();
            var ended = await Assert.ThrowsAnyAsync<Exception>(() => writing.WaitAsync(NetworkRig.Limit));
            Assert.True(ended is IOException or ObjectDisposedException, ended.ToString());
            await Task.WhenAny(reading).WaitAsync(NetworkRig.Limit);
        });

        await peers.WaitAsync(NetworkRig.Limit);
        if (NetworkRig.Reactors is { } reactors && network == reactors)
            await Eventually.TrueAsync(() => reactors.Count < 100, "what is closed is forgotten");
    }

    private static async Task<byte[]> ReadUntilGoneAsync(Socket peer)
    {
        using var all = new MemoryStream();
        var buffer = new byte[10_000];
        try
        {
            while (await peer.ReceiveAsync(buffer).WaitAsync(NetworkRig.Limit) is var count and > 0)
                all.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // Reset: all that came before it counts.
        }

        return all.ToArray();
    }
}
