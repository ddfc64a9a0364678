using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Dns.Truth;

/// <summary>Every question that was recorded from CoreDNS in front of a real control plane, asked over real sockets.</summary>
public sealed class TruthSpecs(TruthServers servers) : IClassFixture<TruthServers>
{
    private static readonly Dictionary<string, string> Deviations = File.ReadLines(Path.Combine(Repository.Root, "specs", "dns", "deviations.txt"))
        .Where(line => line.StartsWith("q-", StringComparison.Ordinal))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(words => words[0], words => words[1]);

    public static TheoryData<string> Ids => new(TruthCase.All.Keys);

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task What_CoreDNS_answered_is_answered(string id)
    {
        var recorded = TruthCase.All[id];
        var query = recorded.Query();
        var octets = await DnsClient.AskAsync(servers[recorded.Profile], query, recorded.Tcp);
        var message = DnsMessage.Read(octets);
        var ours = Describe(recorded, query, message);
        switch (Deviations.GetValueOrDefault(id))
        {
            case null:
                AssertSame(recorded.Expected, ours);
                break;
            case "advertised":
                AssertSame(recorded.Expected.Select(AsAdvertised).ToList(), ours);
                break;
            case "ceiling":
                Assert.True(message.Truncated);
                Assert.InRange(octets.Length, 512, 1232);
                var lines = recorded.Expected[0].Split('\n');
                Assert.All(ours.Split('\n').Where(line => line.StartsWith("answer", StringComparison.Ordinal)), line => Assert.Contains(line, lines));
                var whole = DnsMessage.Read(await DnsClient.AskAsync(servers[recorded.Profile], query, tcp: true));
                AssertSame(recorded.Expected.Select(AsAdvertised).ToList(), Describe(recorded, query, whole));
                break;
            case var other:
                Assert.Fail($"deviations.txt: '{other}' says nothing about how {id} differs");
                break;
        }

        if (recorded.OwnerAsQueried)
            Assert.Equal(recorded.Name, message.Answer[0].Owner.ToString());
        if (recorded.AuthorityOwner is { } owner)
            Assert.Equal(owner, message.Authority[0].Owner.ToString());
        if (recorded.ChainInOrder)
            AssertChain(message);
    }

    [Fact]
    public void Every_deviation_is_about_a_recorded_question() => Assert.All(Deviations.Keys, id => Assert.Contains(id, TruthCase.All.Keys));

    private static string Describe(TruthCase recorded, byte[] query, DnsMessage message)
    {
        var question = query.AsSpan(12, recorded.Name == "." ? 5 : DnsName.Parse(recorded.Name).Wire.Length + 4);
        return TruthCase.Describe(message, message.Question is { } echo && question.SequenceEqual(echo));
    }

    private static string AsAdvertised(string expected) => expected.Replace("edns 0 4096 ", "edns 0 1232 ", StringComparison.Ordinal);

    private static void AssertSame(IReadOnlyList<string> expected, string ours)
    {
        if (!expected.Contains(ours))
            Assert.Equal(expected.Count == 0 ? "(no response)" : expected[0], ours);
    }

    private static void AssertChain(DnsMessage message)
    {
        DnsName? target = null;
        foreach (var record in message.Answer)
        {
            if (target is not null)
                Assert.Equal(target, record.Owner);
            if (record.Type == Elsewhere.Dns.RecordType.Cname)
                Assert.True(DnsName.TryFromWire(record.Rdata.Span, out target));
        }
    }
}
