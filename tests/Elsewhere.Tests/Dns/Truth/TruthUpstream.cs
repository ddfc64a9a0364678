using System.Text.RegularExpressions;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Dns.Truth;

/// <summary>The whole world outside the cluster: an authoritative server for the root zone of the recording.</summary>
internal static partial class TruthUpstream
{
    private const int MaxChain = 8;

    public static ScriptedUpstream Start(string zoneFile)
    {
        var records = new List<(DnsName Owner, ushort Type, string Line)>();
        foreach (var line in File.ReadLines(zoneFile).Where(line => line.Length > 0 && line[0] != '$'))
        {
            var words = Record().Match(line);
            var text = $"{words.Groups[1].Value} {words.Groups[2].Value} {words.Groups[3].Value} {words.Groups[4].Value.Replace("\"origin one\"", "origin-one", StringComparison.Ordinal)}";
            records.Add((DnsName.Parse(words.Groups[1].Value), ZoneText.TypeOf(words.Groups[3].Value), text));
        }

        // RFC 2308 section 3: in a denial the SOA has its own minimum as TTL.
        var soa = records.Single(record => record.Type == RecordType.Soa).Line.Replace(". 300 SOA", ". 60 SOA", StringComparison.Ordinal);
        return ScriptedUpstream.Start(query => Fit(query, Answer(query, records, soa)));
    }

    private static Response Answer(ScriptedQuery query, List<(DnsName Owner, ushort Type, string Line)> records, string soa)
    {
        var answer = new List<string>();
        var name = query.Name;
        for (var hops = 0; hops < MaxChain; hops++)
        {
            var owned = records.Where(record => record.Owner == name).ToArray();
            var found = owned.Where(record => record.Type == query.Type).Select(record => record.Line).ToArray();
            answer.AddRange(found);
            if (found.Length > 0)
                return Response.Of([.. answer]);
            var alias = owned.FirstOrDefault(record => record.Type == RecordType.Cname).Line;
            if (alias is null)
            {
                var exists = records.Any(record => record.Owner.IsSubdomainOf(name));
                return exists ? Response.NoData(soa) with { Answer = [.. answer] } : Response.NXDomain(soa, [.. answer]);
            }

            answer.Add(alias);
            name = DnsName.Parse(alias.Split(' ')[3]);
        }

        return Response.Of([.. answer]);
    }

    private static Response Fit(ScriptedQuery query, Response response) =>
        query.Tcp || response.To(query).Length <= (query.Edns ? 1232 : 512) ? response : new Response { Truncated = true };

    [GeneratedRegex(@"^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$")]
    private static partial Regex Record();
}
