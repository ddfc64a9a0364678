using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Network.Linux;
using Elsewhere.Tests.Dns.Resolver;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Tests.Http.Network;

/// <summary>Connections of clients as the server sees them, by each way to use sockets.</summary>
public sealed class ClientConnectionSpecs
{
    public static TheoryData<string> Names => NetworkRig.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_echo_of_any_pieces_comes_back_whole_in_the_pool_and_at_once(string name)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var (connection, client) = await AcceptAsync(name, seed % 2 == 0 ? 4096 : null);
            using var _ = client;
            if (seed % 4 < 2)
                connection.Features.Get<ReactorConnection>()?.RunInline();
            var echo = EchoAsync(connection);
            var bytes = NetworkRig.Bytes(seed, 2_000_000);

            var arriving = NetworkRig.ReadToEndAsync(buffer => client.ReceiveAsync(buffer), seed);
            await NetworkRig.WriteAsync(async piece => await client.SendAsync(piece), bytes, seed + 1);
            client.Shutdown(SocketShutdown.Send);

            NetworkRig.Same(bytes, await arriving);
            await echo.WaitAsync(NetworkRig.Limit);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_end_of_a_client_is_told_though_nobody_reads_and_what_it_said_before_can_be_read_still(string name)
    {
        var (connection, client) = await AcceptAsync(name);
        await using var _ = connection;
        Assert.NotNull(connection.Features.Get<IConnectionSocketFeature>()?.Socket);
        Assert.Equal(client.LocalEndPoint, connection.RemoteEndPoint);
        Assert.Equal(client.RemoteEndPoint, connection.LocalEndPoint);
        await client.SendAsync("last words"u8.ToArray());
        client.Dispose();

        await Eventually.TrueAsync(() => connection.ConnectionClosed.IsCancellationRequested, "it is told");

        var read = await connection.Transport.Input.ReadAtLeastAsync(10);
        Assert.Equal(("last words", true), (System.Text.Encoding.ASCII.GetString(read.Buffer.ToArray()), read.IsCompleted));
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_client_that_resets_ends_the_read_with_its_name(string name)
    {
        var (connection, client) = await AcceptAsync(name);
        await using var _ = connection;
        var reading = connection.Transport.Input.ReadAsync().AsTask();

        client.Close(timeout: 0);

        await Assert.ThrowsAsync<ConnectionResetException>(() => reading.WaitAsync(NetworkRig.Limit));
        await Eventually.TrueAsync(() => connection.ConnectionClosed.IsCancellationRequested, "it is told");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_server_that_reads_nothing_is_sent_a_limited_amount_and_all_of_it_in_the_end(string name)
    {
        var (connection, client) = await AcceptAsync(name, 16_384);
        await using var _ = connection;
        using var __ = client;
        connection.Features.Get<ReactorConnection>()?.RunInline();
        var bytes = NetworkRig.Bytes(3, 24 << 20);
        var sent = 0L;
        var sending = Task.Run(async () =>
        {
            while (sent < bytes.Length)
                Volatile.Write(ref sent, sent + await client.SendAsync(bytes.AsMemory((int)sent, (int)Math.Min(10_000, bytes.Length - sent))));
            client.Shutdown(SocketShutdown.Send);
        });

        await Eventually.TrueAsync(() => Volatile.Read(ref sent) > 1 << 20, "the server takes some of it");
        var before = 0L;
        await Eventually.TrueAsync(() => Interlocked.Exchange(ref before, Volatile.Read(ref sent)) == Volatile.Read(ref sent), "it takes no more");
        Assert.InRange(Volatile.Read(ref sent), 1 << 20, 16 << 20);
        Assert.False(sending.IsCompleted);

        var read = await NetworkRig.ReadToEndAsync(buffer => connection.Transport.Input.AsStream(leaveOpen: true).ReadAsync(buffer), 3);
        NetworkRig.Same(bytes, read);
        await sending.WaitAsync(NetworkRig.Limit);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_client_that_takes_nothing_holds_a_flush_up_until_it_does(string name)
    {
        var (connection, client) = await AcceptAsync(name, 16_384);
        await using var _ = connection;
        using var __ = client;
        connection.Features.Get<ReactorConnection>()?.RunInline();
        var bytes = NetworkRig.Bytes(4, 16 << 20);

        var writing = connection.Transport.Output.WriteAsync(bytes).AsTask();
        Assert.False(writing.IsCompleted);
        var arriving = NetworkRig.ReadToEndAsync(buffer => client.ReceiveAsync(buffer), 4);
        await writing.WaitAsync(NetworkRig.Limit);
        await connection.Transport.Output.CompleteAsync();

        NetworkRig.Same(bytes, await arriving);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_aborts_ends_a_read_and_a_flush_that_wait_and_resets_the_client(string name)
    {
        var (connection, client) = await AcceptAsync(name, 16_384);
        using var _ = client;
        connection.Features.Get<ReactorConnection>()?.RunInline();
        var reading = connection.Transport.Input.ReadAsync().AsTask();
        var writing = connection.Transport.Output.WriteAsync(new byte[16 << 20]).AsTask();

        connection.Abort(new ConnectionAbortedException("enough"));

        Assert.Equal("enough", (await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading.WaitAsync(NetworkRig.Limit))).Message);
        Assert.True((await writing.WaitAsync(NetworkRig.Limit)).IsCompleted);
        await Eventually.TrueAsync(() => connection.ConnectionClosed.IsCancellationRequested, "it is told");
        var failure = await Assert.ThrowsAsync<SocketException>(() => NetworkRig.ReadToEndAsync(buffer => client.ReceiveAsync(buffer), 5));
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
        await connection.DisposeAsync().AsTask().WaitAsync(NetworkRig.Limit);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_was_written_last_arrives_before_the_end(string name)
    {
        var (connection, client) = await AcceptAsync(name);
        using var _ = client;
        await connection.Transport.Output.WriteAsync("farewell"u8.ToArray());

        await connection.Transport.Output.CompleteAsync();
        await connection.Transport.Input.CompleteAsync();
        await connection.DisposeAsync().AsTask().WaitAsync(NetworkRig.Limit);

        Assert.Equal("farewell"u8.ToArray(), await NetworkRig.ReadToEndAsync(buffer => client.ReceiveAsync(buffer), 6));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Connections_that_are_aborted_in_the_middle_of_everything_all_come_to_their_end(string name)
    {
        await NetworkRig.ManyAsync(200, async i =>
        {
            var (connection, client) = await AcceptAsync(name);
            if (i % 2 == 0)
                connection.Features.Get<ReactorConnection>()?.RunInline();
            var echo = EchoAsync(connection);
            var sending = Task.Run(async () =>
            {
                for (var piece = NetworkRig.Bytes(i, 5000); ;)
                    await client.SendAsync(piece);
            });
            var taking = NetworkRig.ReadToEndAsync(buffer => client.ReceiveAsync(buffer), i);
            await Task.Yield();
            if (i % 3 == 0)
                client.Close(timeout: 0);
            else
                connection.Abort(new ConnectionAbortedException());
            await Task.WhenAny(echo).WaitAsync(NetworkRig.Limit);
            Assert.True(echo.IsCompleted);
            await Assert.ThrowsAnyAsync<Exception>(() => sending.WaitAsync(NetworkRig.Limit));
            await Task.WhenAny(taking).WaitAsync(NetworkRig.Limit);
            client.Dispose();
        });

        if (NetworkRig.Reactors is { } reactors && NetworkRig.Of(name) == reactors)
            await Eventually.TrueAsync(() => reactors.Count < 100, "what is closed is forgotten");
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                foreach (var piece in read.Buffer)
                    output.Write(piece.Span);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || (await output.FlushAsync()).IsCompleted)
                    break;
            }
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            // The client has gone, or was sent away.
        }

        await output.CompleteAsync();
        await input.CompleteAsync();
        await connection.DisposeAsync();
    }

    private static async Task<(ConnectionContext Connection, Socket Client)> AcceptAsync(string name, int? buffer = null)
    {
        using var listener = NetworkRig.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (buffer is { } size)
            listener.ReceiveBufferSize = listener.SendBufferSize = client.ReceiveBufferSize = client.SendBufferSize = size;
        await client.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        return (NetworkRig.Of(name).Accept(await listener.AcceptAsync()), client);
    }
}
