using System.Net;
using Elsewhere.Dns;

namespace Elsewhere.Tests.Dns.Listen;

/// <summary>Servers on free ports of loopback.</summary>
internal static class Servers
{
    public static readonly DnsServerOptions Options = new([new IPEndPoint(IPAddress.Loopback, 0)]) { Workers = 1 };

    public static readonly byte[] Web = QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A");

    public static readonly byte[] Outside = QueryBuilder.Bytes("www.example.com.", "A");

    public static DnsTable Table { get; } = Tables.Of(Tables.ClusterIP("web", "10.96.0.7") + Tables.Headless("many", 1000));

    public static DnsServer Start(UpstreamQuery? upstream = null, DnsServerOptions? options = null, TimeProvider? time = null)
    {
        var server = DnsServer.Start(options ?? Options, () => Table, upstream, time ?? TimeProvider.System);
        Assert.All(server.Listeners, report => Assert.Null(report.Problem));
        return server;
    }

    /// <summary>An upstream that answers every address question.</summary>
    public static ValueTask<UpstreamReply?> AnswerAsync(UpstreamQuestion question, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new(new UpstreamReply(Rcode.NoError, false, false, [new ResourceRecord(question.Name, question.Type, question.Class, 60, new byte[] { 192, 0, 2, 1 })], [], []));
    }

    public static byte[] WithId(byte[] query, int id)
    {
        var copy = (byte[])query.Clone();
        copy[0] = (byte)(id >> 8);
        copy[1] = (byte)id;
        return copy;
    }
}
