using Elsewhere.Dns;
using Elsewhere.Tests.Dns.Truth;

namespace Elsewhere.Tests.Dns.Answer;

/// <summary>Any bytes as a query: the recorded queries, mutated. The seed is fixed, so that a failure comes again.</summary>
public sealed class FuzzSpecs
{
    private const int Rounds = 300_000;

    [Fact]
    public void D14_any_bytes_are_answered_in_order_or_not_at_all_and_cost_no_memory()
    {
        var table = DnsTable.Build(TruthServers.Snapshot, DnsTableOptions.Default with { PodNames = true });
        var seeds = TruthCase.All.Values.Select(recorded => recorded.Query()).ToArray();
        var random = new Random(20260101);
        var message = new byte[1024];
        var octets = new byte[AnswerSettings.MaxDatagram];
        byte[] client = [192, 0, 2, 1];
        long allocated = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var length = Mutate(seeds[random.Next(seeds.Length)], random, message);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var verdict = Answerer.Answer(
                table, message.AsSpan(0, length), new AnswerContext(round % 2 == 0 ? Tables.Alone : Tables.Recursive, DnsTransport.Udp, (uint)round, client), octets, out var written);
            allocated += round > 1000 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;

            // Reading each reply strictly is what takes the time.
            if (verdict == Verdict.Reply && round % 8 == 0)
            {
                var reply = DnsMessage.Read(octets.AsSpan(0, written));
                Assert.Equal((message[0] << 8) | message[1], reply.Id);
                Assert.True((reply.Flags & 0x8000) != 0);
            }
        }

        // Tiered compilation may book something to this thread; a hundredth of an octet for each query is no growth.
        Assert.InRange(allocated, 0, Rounds / 100);
    }

    [Fact]
    public void D14_any_upstream_reply_to_any_query_is_written_in_order()
    {
        var table = DnsTable.Build(TruthServers.Snapshot, DnsTableOptions.Default);
        var seeds = TruthCase.All.Values.Select(recorded => recorded.Query()).ToArray();
        var random = new Random(20260102);
        var message = new byte[1024];
        var octets = new byte[AnswerSettings.MaxDatagram];
        var upstream = new UpstreamReply(
            Rcode.NoError, true, false, [.. Enumerable.Range(0, 90).Select(i => Resolver.ZoneText.Parse($"big.example.test. 300 A 192.0.2.{i}"))], [], []);
        for (var round = 0; round < Rounds / 30; round++)
        {
            var length = Mutate(seeds[random.Next(seeds.Length)], random, message);
            var query = message.AsSpan(0, length);
            if (Answerer.Answer(table, query, new AnswerContext(Tables.Recursive, DnsTransport.Udp, 0, [192, 0, 2, 1]), octets, out _) is not (Verdict.Forward or Verdict.Complete))
                continue;
            Assert.NotNull(UpstreamAnswer.QuestionOf(table, query));
            var written = UpstreamAnswer.Write(
                table, query, round % 5 == 0 ? null : upstream, new AnswerContext(Tables.Recursive, DnsTransport.Udp, 0, [192, 0, 2, 1]), octets);
            DnsMessage.Read(octets.AsSpan(0, written));
        }
    }

    private static int Mutate(byte[] seed, Random random, byte[] message)
    {
        seed.CopyTo(message, 0);
        var length = seed.Length;
        for (var changes = random.Next(4); changes > 0; changes--)
        {
            switch (random.Next(6))
            {
                case 0:
                    length = random.Next(length + 1);
                    break;
                case 1:
                    var more = random.Next(64);
                    random.NextBytes(message.AsSpan(length, more));
                    length += more;
                    break;
                case 2 when length > 12:
                    message[12 + random.Next(length - 12)] = (byte)(0xc0 | random.Next(64));
                    break;
                case 3 when length > 12:
                    message[random.Next(12)] = (byte)random.Next(4);
                    break;
                default:
                    if (length > 0)
                        message[random.Next(length)] = (byte)random.Next(256);
                    break;
            }
        }

        return length;
    }
}
