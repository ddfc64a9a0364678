using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>
/// The table and the answerer against <see cref="LiteralRules"/>: thousands of small random clusters, every answer compared.
/// </summary>
public sealed class TableAgainstRulesSpecs
{
    private const int Clusters = 250;
    private const int QuestionsEach = 150;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_answer_of_the_table_is_what_the_rules_say(bool recursion)
    {
        var settings = new AnswerSettings(recursion, default, 1, 2);
        for (var seed = 0; seed < Clusters; seed++)
        {
            var cluster = new RandomCluster(seed);
            var snapshot = Resolve.Run(cluster.View, ResolveOptions.Default);
            var table = DnsTable.Build(snapshot, DnsTableOptions.Default);
            var rules = new LiteralRules(snapshot, fallThrough: recursion);
            for (var i = 0; i < QuestionsEach; i++)
            {
                var (name, type) = (cluster.Question(), cluster.Type());
                var ruling = rules.Rule(name, type);
                var difference = Difference(table, settings, name, type, ruling);
                Assert.True(difference is null, $"cluster {seed}: {name} type {type}: {difference}\n{snapshot}");
            }
        }
    }

    private static string? Difference(DnsTable table, AnswerSettings settings, string name, ushort type, Ruling ruling)
    {
        var query = new byte[QueryWriter.MaxLength];
        var length = QueryWriter.Write(query, 7, new Question(DnsName.Parse(name), type, RecordClass.In), edns: false);
        var octets = new byte[AnswerSettings.MaxMessage];
        var context = new AnswerContext(settings, DnsTransport.Tcp, 0, [127, 0, 0, 1]);
        var verdict = Answerer.Answer(table, query.AsSpan(0, length), context, octets, out var replyLength);
        var leadsOut = ruling.Answer.Count > 0 && ruling.Answer[^1].Type == "CNAME" && type != RecordType.Cname;
        if (settings.Recursion && (ruling.Outside || leadsOut))
        {
            var expected = ruling.Outside ? Verdict.Forward : Verdict.Complete;
            return verdict == expected ? null : $"{verdict} instead of {expected}";
        }

        if (verdict != Verdict.Reply)
            return $"{verdict} instead of a reply";
        var reply = ReplyText.Read(octets.AsSpan(0, replyLength));
        var same = reply.Rcode == ruling.Rcode
            && reply.Authoritative
            && reply.Answer.Order(ByText).SequenceEqual(ruling.Answer.Select(Comparable).Order(ByText))
            && reply.Additional.Order(ByText).SequenceEqual(ruling.Additional.Order(ByText))
            && (ruling.Soa is null ? reply.Authority.Count == 0 : reply.Authority is [{ Type: "SOA" } soa] && soa.Owner == ruling.Soa);
        return same ? null : $"\n{reply}instead of rcode {ruling.Rcode}\n  {string.Join("\n  ", ruling.Answer)}\n  + {string.Join("\n  + ", ruling.Additional)}\n  SOA {ruling.Soa}";
    }

    private static Line Comparable(Line line) => line with { Data = line.Data.ToLowerInvariant() };

    private static Comparer<Line> ByText { get; } = Comparer<Line>.Create((x, y) => string.CompareOrdinal(x.ToString(), y.ToString()));
}
