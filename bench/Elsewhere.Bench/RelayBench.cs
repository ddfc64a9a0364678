using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Bench;

/// <summary>One MiB from an origin to a client over loopback: without a relay, through the one for Linux, through the one for all systems.</summary>
[MemoryDiagnoser]
public class RelayBench
{
    private const int Mebibyte = 1 << 20;
    private readonly byte[] received = new byte[1 << 16];
    private readonly byte[] ask = new byte[1];
    private Socket origin = null!;
    private RelayServer linux = null!;
    private RelayServer portable = null!;
    private Socket direct = null!;
    private Socket throughLinux = null!;
    private Socket throughPortable = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        origin = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        origin.Listen();
        _ = Task.Factory.StartNew(Serve, TaskCreationOptions.LongRunning);
        var target = (IPEndPoint)origin.LocalEndPoint!;
        direct = Connect(target);
        (linux, throughLinux) = await RelayedAsync(target, new RelayOptions());
        (portable, throughPortable) = await RelayedAsync(target, new RelayOptions { Portable = true });
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        foreach (var socket in new[] { direct, throughLinux, throughPortable, origin })
            socket.Dispose();
        await linux.DisposeAsync();
        await portable.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public int Direct() => Fetch(direct);

    [Benchmark]
    public int Relayed() => Fetch(throughLinux);

    [Benchmark]
    public int RelayedPortably() => Fetch(throughPortable);

    private static async Task<(RelayServer Server, Socket Client)> RelayedAsync(IPEndPoint target, RelayOptions options)
    {
        var port = FreePort();
        var entry = new RelayEntry(
            new RelayListen(IPAddress.Loopback, port, Protocol.Tcp), new ObjectKey("shop", "payments"),
            [new RelayTarget(target.Address, target.Port, Priority: 0, Weight: 100)], ClientIPAffinity: null);
        var server = new RelayServer(options, TimeProvider.System);
        await server.ApplyAsync(new RelayTable([entry], []));
        return (server, Connect(new IPEndPoint(IPAddress.Loopback, port)));
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static Socket Connect(IPEndPoint where)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(where);
        return socket;
    }

    // Sends one MiB for each octet that comes.
    private void Serve()
    {
        var content = new byte[Mebibyte];
        while (true)
        {
            Socket client;
            try
            {
                client = origin.Accept();
            }
            catch (SocketException)
            {
                return;
            }

            _ = Task.Factory.StartNew(
                () =>
                {
                    var asked = new byte[1];
                    using (client)
                    {
                        while (client.Receive(asked) > 0)
                            client.Send(content);
                    }
                },
                TaskCreationOptions.LongRunning);
        }
    }

    private int Fetch(Socket socket)
    {
        socket.Send(ask);
        var left = Mebibyte;
        while (left > 0)
        {
            var count = socket.Receive(received);
            if (count == 0)
                throw new InvalidOperationException("the connection ended early");
            left -= count;
        }

        return left;
    }
}
