using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Dns;

/// <summary>A table that takes over from the one before it what did not change answers, byte for byte, what one answers that was written anew.</summary>
public sealed class TableReuseSpecs
{
    private const int Lives = 60;
    private const int Changes = 8;
    private const int QuestionsEach = 60;

    [Fact]
    public void A_table_made_of_the_one_before_answers_what_a_new_one_does()
    {
        var settings = new AnswerSettings(true, default, 1, 2);
        var kept = 0;
        for (var seed = 0; seed < Lives; seed++)
        {
            var random = new Random(seed);
            var cluster = new RandomCluster(seed);
            var (view, table, book) = (cluster.View, (DnsTable?)null, AddressBook.Empty);
            for (var change = 0; change < Changes; change++)
            {
                var snapshot = Resolve.Run(view, ResolveOptions.Default with { Previous = book });
                var next = DnsTable.Build(snapshot, DnsTableOptions.Default, table);
                var whole = DnsTable.Build(snapshot, DnsTableOptions.Default);
                Assert.Equal(whole.NameCount, next.NameCount);
                kept += table is null || next.Parts.Octets.Items != table.Parts.Octets.Items ? 0 : 1;
                for (var i = 0; i < QuestionsEach; i++)
                {
                    var (name, type) = (cluster.Question(), cluster.Type());
                    Assert.True(Ask(whole, settings, name, type).SequenceEqual(Ask(next, settings, name, type)), $"life {seed}, change {change}: {name} type {type}\n{snapshot}");
                }

                (table, book) = (next, snapshot.Addresses);
                var other = 1000 + (seed * Changes) + change;
                view = random.Next(2) == 0 ? RandomCluster.Edited(view, other, random) : RandomCluster.Retargeted(view, other, random);
            }
        }

        Assert.True(kept > Lives, $"only {kept} tables were made of the one before: the comparison means nothing");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(15)]
    public void A_small_table_takes_as_many_names_at_once_as_there_are(int step)
    {
        var (table, book) = ((DnsTable?)null, AddressBook.Empty);
        for (var count = 0; count <= 60; count += step)
        {
            var view = Given.View([.. Enumerable.Range(0, count).Select(number => Given.Service($"shop/s{number:D2}", [.. Enumerable.Range(1, 9).Select(port => Given.Port(port, $"p{port}"))]))]);
            var snapshot = Resolve.Run(view, ResolveOptions.Default with { Previous = book });
            (table, book) = (DnsTable.Build(snapshot, DnsTableOptions.Default, table), snapshot.Addresses);
            var whole = DnsTable.Build(snapshot, DnsTableOptions.Default);
            Assert.Equal(whole.NameCount, table.NameCount);
            foreach (var alias in snapshot.Aliases)
                Assert.Equal(Verdict(whole, alias), Verdict(table, alias));
        }

        static byte[] Verdict(DnsTable table, Alias alias) => Ask(table, new AnswerSettings(true, default, 1, 2), $"_p9._tcp.{alias.Key}.svc.cluster.local.", RecordType.Srv);
    }

    [Fact]
    public void Another_ttl_makes_a_table_anew()
    {
        var snapshot = Resolve.Run(new RandomCluster(1).View, ResolveOptions.Default);
        var before = DnsTable.Build(snapshot, DnsTableOptions.Default);
        var options = DnsTableOptions.Default with { Ttl = 7 };

        var after = DnsTable.Build(snapshot, options, before);

        var settings = new AnswerSettings(true, default, 1, 2);
        var name = $"{snapshot.Aliases[0].Key}.svc.cluster.local.";
        Assert.Equal(Ask(DnsTable.Build(snapshot, options), settings, name, RecordType.A), Ask(after, settings, name, RecordType.A));
    }

    private static byte[] Ask(DnsTable table, AnswerSettings settings, string name, ushort type)
    {
        var query = new byte[QueryWriter.MaxLength];
        var length = QueryWriter.Write(query, 7, new Question(DnsName.Parse(name), type, RecordClass.In), edns: false);
        var octets = new byte[AnswerSettings.MaxMessage];
        var verdict = Answerer.Answer(table, query.AsSpan(0, length), new AnswerContext(settings, DnsTransport.Tcp, 0, [127, 0, 0, 1]), octets, out var replyLength);
        return [(byte)verdict, .. octets.AsSpan(0, replyLength)];
    }
}
