using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Demo;

/// <summary>The name server of the demo's origins: the internet's DNS, as far as the demo needs one.</summary>
internal static class OriginDns
{
    private const uint Ttl = 30;
    private static readonly DnsTable nothing = DnsTable.NotSynced(DnsName.Parse("nothing.invalid"));
    private static readonly DnsName[] names = [DnsName.Parse(DemoPlace.OriginName), DnsName.Parse(DemoPlace.NewsName)];

    /// <summary>Answers from here on, for the two names.</summary>
    internal static DnsServer Start(IPEndPoint listen, TimeProvider time) =>
        DnsServer.Start(new DnsServerOptions([listen]) { Workers = 1 }, static () => nothing, static (question, _) => ValueTask.FromResult<UpstreamReply?>(Answer(question)), time);

    private static UpstreamReply Answer(UpstreamQuestion question)
    {
        var known = names.Contains(question.Name);
        Seq<ResourceRecord> answer = known && question.Type == RecordType.A
            ? [new ResourceRecord(question.Name, RecordType.A, RecordClass.In, Ttl, DemoPlace.Address.GetAddressBytes())] : [];
        return new UpstreamReply(known ? Rcode.NoError : Rcode.NXDomain, true, false, answer, [], []);
    }
}
