using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>A question that the upstream got.</summary>
internal sealed record ScriptedQuery(ushort Id, DnsName Name, ushort Type, ushort Class, bool Tcp, bool Edns, bool DnssecOk, bool CheckingDisabled, IPEndPoint From)
{
    public static ScriptedQuery Read(ReadOnlySpan<byte> query, bool tcp, IPEndPoint from)
    {
        var end = 12;
        while (query[end] != 0)
            end += query[end] + 1;
        Assert.True(DnsName.TryFromWire(query[12..++end], out var name));
        var type = BinaryPrimitives.ReadUInt16BigEndian(query[end..]);
        var klass = BinaryPrimitives.ReadUInt16BigEndian(query[(end + 2)..]);
        return new ScriptedQuery(BinaryPrimitives.ReadUInt16BigEndian(query), name, type, klass, tcp, query[11] == 1, query[11] == 1 && (query[end + 11] & 0x80) != 0, (query[3] & 0x10) != 0, from);
    }
}

/// <summary>A real DNS server on a loopback socket, UDP and TCP on one port, that answers as the test says.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Socket udp;
    private readonly Socket tcp;
    private readonly CancellationTokenSource over = new();
    private readonly Task[] loops;
    private Func<ScriptedQuery, IEnumerable<byte[]>> script;

    private ScriptedUpstream(Socket udp, Socket tcp, Func<ScriptedQuery, IEnumerable<byte[]>> script)
    {
        this.udp = udp;
        this.tcp = tcp;
        this.script = script;
        EndPoint = (IPEndPoint)udp.LocalEndPoint!;
        loops = [ServeUdpAsync(), ServeTcpAsync()];
    }

    public IPEndPoint EndPoint { get; }

    public ConcurrentQueue<ScriptedQuery> Queries { get; } = new();

    /// <summary>Answers each question with any number of messages.</summary>
    public static ScriptedUpstream Start(Func<ScriptedQuery, IEnumerable<byte[]>> script)
    {
        while (true)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen();
                return new ScriptedUpstream(udp, tcp, script);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    /// <summary>Answers each question with one response, or not at all.</summary>
    public static ScriptedUpstream Start(Func<ScriptedQuery, Response?> script) => Start(Messages(script));

    /// <summary>Answers from lines of zone text: exact name and type, a CNAME where there is one, NXDOMAIN or NODATA with a SOA record otherwise.</summary>
    public static ScriptedUpstream Serving(params string[] zone) => Start(query => Answer(query, zone));

    public void Change(Func<ScriptedQuery, Response?> next) => Volatile.Write(ref script, Messages(next));

    public static Response Answer(ScriptedQuery query, params string[] zone)
    {
        var records = zone.Select(ZoneText.Parse).ToArray();
        var owned = records.Where(record => record.Owner == query.Name).ToArray();
        var soa = zone.FirstOrDefault(line => line.Contains(" SOA ", StringComparison.Ordinal)) ?? "test. 60 SOA ns.test. admin.test. 1 2 3 4 60";
        if (owned.Length == 0)
            return Response.NXDomain(soa);
        var matching = owned.Where(record => record.Type == query.Type || record.Type == RecordType.Cname).Select(ZoneText.Line).ToArray();
        return matching.Length == 0 ? Response.NoData(soa) : Response.Of(matching);
    }

    public int CountOf(string name) => Queries.Count(query => query.Name == DnsName.Parse(name));

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        udp.Dispose();
        tcp.Dispose();
        await Task.WhenAll(loops);
        over.Dispose();
    }

    private static Func<ScriptedQuery, IEnumerable<byte[]>> Messages(Func<ScriptedQuery, Response?> script) =>
        query => script(query) is { } response ? [response.To(query)] : [];

    private IEnumerable<byte[]> Take(ReadOnlySpan<byte> bytes, bool overTcp, IPEndPoint from)
    {
        var query = ScriptedQuery.Read(bytes, overTcp, from);
        Queries.Enqueue(query);
        return Volatile.Read(ref script)(query);
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), over.Token);
                foreach (var message in Take(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false, (IPEndPoint)received.RemoteEndPoint))
                    await udp.SendToAsync(message, SocketFlags.None, received.RemoteEndPoint, over.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException && over.IsCancellationRequested)
        {
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await tcp.AcceptAsync(over.Token);
                var buffer = new byte[4096];
                var length = 0;
                while (length < 2 || length < 2 + BinaryPrimitives.ReadUInt16BigEndian(buffer))
                    length += await connection.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, over.Token);
                foreach (var message in Take(buffer.AsSpan(2, length - 2), overTcp: true, (IPEndPoint)connection.RemoteEndPoint!))
                {
                    var framed = new byte[message.Length + 2];
                    BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
                    message.CopyTo(framed, 2);
                    await connection.SendAsync(framed, SocketFlags.None, over.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException && over.IsCancellationRequested)
        {
        }
    }
}
