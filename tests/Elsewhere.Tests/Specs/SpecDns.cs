using System.Globalization;
using System.Text;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Specs;

/// <summary>What cluster DNS answers to the questions of a case.</summary>
internal static class SpecDns
{
    private static readonly string[] Rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

    /// <summary>
    /// Takes the lines that begin with a question mark, <c>? web.shop.svc.cluster.local A</c>, and writes below each what comes back; records of the additional section
    /// begin with a plus. There is no upstream resolver.
    /// </summary>
    public static string Answers(AliasSnapshot snapshot, string questions)
    {
        var table = DnsTable.Build(snapshot, DnsTableOptions.Default);
        var text = new StringBuilder();
        foreach (var line in questions.Split('\n').Where(l => l.StartsWith('?')))
        {
            text.Append(line).Append('\n');
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var (verdict, octets) = Tables.Ask(table, QueryBuilder.Bytes(words[1], words[2]));
            if (verdict != Verdict.Reply)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {verdict}\n");
                continue;
            }

            var reply = DnsMessage.Read(octets);
            text.Append(CultureInfo.InvariantCulture, $"  {Rcodes[reply.Rcode]}{(reply.Rcode == 0 && reply.Answer.IsEmpty ? ", no record of that type" : "")}\n");
            foreach (var record in reply.Answer)
                text.Append(CultureInfo.InvariantCulture, $"  {ZoneText.Line(record)}\n");
            foreach (var record in reply.Additional)
                text.Append(CultureInfo.InvariantCulture, $"  + {ZoneText.Line(record)}\n");
        }

        return text.ToString();
    }
}
