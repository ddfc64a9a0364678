using System.Buffers.Binary;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class ResponseReaderSpecs
{
    private static readonly string[] Types = ["A", "AAAA", "NS", "PTR", "MX", "SRV", "SOA", "TXT", "TYPE999"];

    [Fact]
    public void Names_inside_data_come_out_uncompressed()
    {
        string[] lines =
        [
            "mail.test. 300 MX 10 mx.mail.test.",
            "mail.test. 300 MX 20 mail.test.",
        ];
        var (verdict, parsed) = Read(Query("mail.test.", "MX"), Response.Of(lines) with { Additional = ["mx.mail.test. 300 A 192.0.2.25"] });
        Assert.Equal(MessageVerdict.Answer, verdict);
        Assert.Equal(lines, ZoneText.Lines(parsed!.Reply.Answer));
        Assert.Equal(["mx.mail.test. 300 A 192.0.2.25"], ZoneText.Lines(parsed.Reply.Additional));
    }

    [Property(MaxTest = 300)]
    public void What_is_written_is_read_back(int seed)
    {
        var random = new Random(seed);
        var type = Types[random.Next(Types.Length)];
        var name = RandomName(random, "test.");
        var lines = Enumerable.Range(0, random.Next(1, 30)).Select(_ => $"{name} {seed & 0xffff} {type} {RandomData(random, type, name)}").ToArray();
        var (verdict, parsed) = Read(Query(name, type), Response.Of(lines) with { Compress = random.Next(2) == 0 });
        Assert.Equal(MessageVerdict.Answer, verdict);
        Assert.Equal(lines, ZoneText.Lines(parsed!.Reply.Answer));
        Assert.Equal(ChainEnd.Data, parsed.End);
    }

    [Property(MaxTest = 300)]
    public void A_query_is_read_back_as_it_was_written(int seed)
    {
        var random = new Random(seed);
        var question = new Question(DnsName.Parse(RandomName(random, "test.")), (ushort)random.Next(65536), (ushort)random.Next(65536));
        var buffer = new byte[QueryWriter.MaxLength];
        var edns = random.Next(2) == 0;
        var length = QueryWriter.Write(buffer, (ushort)seed, question, edns);
        var read = ScriptedQuery.Read(buffer.AsSpan(0, length), tcp: false, new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Equal(((ushort)seed, question.Name, question.Type, question.Class, edns), (read.Id, read.Name, read.Type, read.Class, read.Edns));
        QueryWriter.RandomiseCase(buffer, question);
        Assert.Equal(question.Name, ScriptedQuery.Read(buffer.AsSpan(0, length), tcp: false, read.From).Name);
    }

    [Fact]
    public void The_longest_query_fits()
    {
        var label = new string('a', 63);
        var name = DnsName.Parse($"{label}.{label}.{label}.{new string('a', 61)}.");
        Assert.Equal(255, name.Wire.Length);
        Assert.Equal(QueryWriter.MaxLength, QueryWriter.Write(new byte[QueryWriter.MaxLength], 1, new Question(name, 1, 1), edns: true));
    }

    [Fact]
    public void A_TTL_with_its_upper_bit_set_is_zero() =>
        Assert.Equal(["www.test. 0 A 192.0.2.1"], ZoneText.Lines(Read(Query("www.test.", "A"), Response.Of("www.test. 2147483648 A 192.0.2.1")).Parsed!.Reply.Answer));

    [Fact]
    public void One_set_of_records_has_one_TTL() => Assert.Equal(
        ["www.test. 60 A 192.0.2.1", "www.test. 60 A 192.0.2.2"],
        ZoneText.Lines(Read(Query("www.test.", "A"), Response.Of("www.test. 300 A 192.0.2.1", "www.test. 60 A 192.0.2.2")).Parsed!.Reply.Answer));

    [Fact]
    public void A_chain_comes_out_in_order()
    {
        var (_, parsed) = Read(Query("a.test.", "A"), Response.Of("c.test. 1 A 192.0.2.1", "b.test. 2 CNAME c.test.", "a.test. 3 CNAME b.test."));
        Assert.Equal(["a.test. 3 CNAME b.test.", "b.test. 2 CNAME c.test.", "c.test. 1 A 192.0.2.1"], ZoneText.Lines(parsed!.Reply.Answer));
    }

    [Fact]
    public void A_DNAME_stays_in_front_of_the_CNAME_that_it_makes()
    {
        string[] lines = ["old.test. 300 DNAME new.test.", "a.old.test. 300 CNAME a.new.test.", "a.new.test. 300 A 192.0.2.1"];
        Assert.Equal(lines, ZoneText.Lines(Read(Query("a.old.test.", "A"), Response.Of(lines)).Parsed!.Reply.Answer));
    }

    [Fact]
    public void The_upper_bits_of_the_code_come_from_EDNS()
    {
        var message = Response.Of().To(Query("www.test.", "A"));
        message[^6] = 1;
        Assert.Equal(Rcode.BadVers, Read(Query("www.test.", "A"), message).Parsed!.Reply.Rcode);
    }

    [Theory]
    [InlineData("c00c", "to itself")]
    [InlineData("c01a", "to itself, one octet on")]
    [InlineData("c0ff", "forward")]
    [InlineData("c000", "into the header")]
    [InlineData("016101", "a cut label")]
    [InlineData("80", "a label type that is none")]
    [InlineData("4161", "an extended label type")]
    [InlineData("c0", "half a pointer")]
    public void D15_a_pointer_loop_or_a_bad_label_is_refused(string owner, string why)
    {
        var query = Query("www.test.", "A") with { Edns = false };
        byte[] head = Response.Of().To(query);
        head[7] = 1;
        var at = head.Length;
        var name = Convert.FromHexString(owner);
        if (owner == "c00c")
            name = [0xc0, (byte)at];
        byte[] message = [.. head, .. name, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1];
        Assert.True(Read(query, message).Verdict == MessageVerdict.Malformed, why);
    }

    [Fact]
    public void D15_pointers_to_pointers_end_after_127()
    {
        Span<byte> target = stackalloc byte[255];
        var message = new byte[1000];
        for (var at = 14; at < message.Length; at += 2)
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), (ushort)(0xc000 | (at - 2)));
        foreach (var (pointers, expected) in new[] { (127, true), (128, false) })
        {
            var offset = 12 + (2 * pointers);
            Assert.Equal(expected, MessageName.TryRead(message, ref offset, target, out var length));
            Assert.True(!expected || (length == 1 && offset == 14 + (2 * pointers)));
        }
    }

    [Fact]
    public void D15_a_name_of_255_octets_is_read_and_one_more_is_refused()
    {
        Span<byte> target = stackalloc byte[255];
        foreach (var (last, expected) in new[] { (61, true), (62, false) })
        {
            byte[] message = [.. new byte[12], .. Label(63), .. Label(63), .. Label(63), .. Label(last), 0];
            var offset = 12;
            Assert.Equal(expected, MessageName.TryRead(message, ref offset, target, out var length));
            Assert.True(!expected || length == 255);
        }

        static byte[] Label(int length) => [(byte)length, .. Enumerable.Repeat((byte)'a', length)];
    }

    [Theory]
    [InlineData("www.test. 300 TYPE1 c0000201ff")]
    [InlineData("www.test. 300 TYPE1 c00002")]
    [InlineData("www.test. 300 TYPE28 20010db8")]
    [InlineData("www.test. 300 TYPE5 0161")]
    [InlineData("www.test. 300 TYPE5 01610000")]
    [InlineData("www.test. 300 TYPE15 00")]
    [InlineData("www.test. 300 TYPE6 0000")]
    [InlineData("www.test. 300 TYPE35 000a000a0500")]
    public void Data_that_its_type_does_not_allow_is_refused(string line)
    {
        var words = line.Split(' ');
        var data = Convert.FromHexString(words[3]);
        var query = Query("www.test.", "A") with { Edns = false };
        byte[] message =
        [
            .. Response.Of().To(query),
            0xc0, 12, 0, byte.Parse(words[2].AsSpan(4), System.Globalization.CultureInfo.InvariantCulture), 0, 1, 0, 0, 0, 1, 0, (byte)data.Length,
            .. data,
        ];
        message[7] = 1;
        Assert.Equal(MessageVerdict.Malformed, Read(query, message).Verdict);
    }

    [Fact]
    public void D22_records_that_nobody_asked_for_are_dropped()
    {
        var (_, parsed) = Read(Query("www.shop.test.", "A"), new Response
        {
            Answer = ["bank.test. 300 A 203.0.113.66", "www.shop.test. 300 A 192.0.2.1", "www.shop.test. 300 TXT hello"],
            Authority = ["shop.test. 300 NS ns.shop.test.", "bank.test. 300 NS ns.evil.test.", "other.test. 300 SOA a. b. 1 2 3 4 5"],
            Additional = ["ns.shop.test. 300 A 192.0.2.53", "bank.test. 300 A 203.0.113.66", "ns.evil.test. 300 A 203.0.113.66"],
        });
        Assert.Equal(["www.shop.test. 300 A 192.0.2.1"], ZoneText.Lines(parsed!.Reply.Answer));
        Assert.Equal(["shop.test. 300 NS ns.shop.test."], ZoneText.Lines(parsed.Reply.Authority));
        Assert.Equal(["ns.shop.test. 300 A 192.0.2.53"], ZoneText.Lines(parsed.Reply.Additional));
    }

    [Fact]
    public void D14_hundreds_of_thousands_of_mutations_are_read_or_refused()
    {
        var query = Query("www.shop.test.", "A");
        byte[][] corpus =
        [
            Response.Of("www.shop.test. 300 CNAME a.test.", "a.test. 300 CNAME b.a.test.", "b.a.test. 300 A 192.0.2.1").To(query),
            Response.Of("www.shop.test. 300 MX 1 m.test.", "www.shop.test. 300 SRV 1 2 3 s.test.", "www.shop.test. 300 A 192.0.2.7").To(query),
            Response.NXDomain("test. 300 SOA ns.test. admin.test. 1 2 3 4 5", "www.shop.test. 300 CNAME no.test.").To(query),
            (Response.Of("www.shop.test. 300 A 192.0.2.1") with { Additional = ["ns.test. 300 AAAA 2001:db8::1"], Authority = ["test. 300 NS ns.test."] }).To(query),
        ];
        var question = new Question(query.Name, query.Type, query.Class);
        var random = new Random(20261122);
        var answers = 0;
        var buffer = new byte[1024];
        for (var i = 0; i < 300_000; i++)
        {
            var length = Mutate(random, corpus, buffer);
            if (ResponseReader.Read(buffer.AsSpan(0, length), query.Id, question, query.Name.Wire, out var parsed) != MessageVerdict.Answer)
                continue;
            answers++;
            foreach (var record in parsed!.Reply.Answer.Concat(parsed.Reply.Authority).Concat(parsed.Reply.Additional))
            {
                Assert.InRange(record.Ttl, 0u, (uint)int.MaxValue);
                Assert.True(record.Type != RecordType.A || record.Rdata.Length == 4);
                Assert.True(record.Type != RecordType.Cname || ReplyFilter.Target(record) is not null);
            }
        }

        Assert.True(answers > 10_000, $"only {answers} mutations were answers: the mutator is too rough to test anything");
    }

    private static int Mutate(Random random, byte[][] corpus, byte[] buffer)
    {
        var seed = corpus[random.Next(corpus.Length)];
        seed.CopyTo(buffer, 0);
        var length = seed.Length;
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            // The id and the question stay in most mutations: behind them is what is to be tested.
            var at = random.Next(10) == 0 ? random.Next(length) : 2 + random.Next(length - 2);
            switch (random.Next(6))
            {
                case 0:
                    buffer[at] = (byte)random.Next(256);
                    break;
                case 1:
                    buffer[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    buffer[at] = (byte)(0xc0 | random.Next(2));
                    break;
                case 3:
                    length = Math.Max(12, random.Next(length + 1));
                    break;
                case 4:
                    var other = corpus[random.Next(corpus.Length)];
                    var from = random.Next(other.Length);
                    var count = Math.Min(other.Length - from, length - at);
                    other.AsSpan(from, count).CopyTo(buffer.AsSpan(at));
                    break;
                default:
                    buffer[4 + random.Next(8)] = (byte)random.Next(4);
                    break;
            }

            if (length < 13)
                break;
        }

        return length;
    }

    private static ScriptedQuery Query(string name, string type) =>
        new(0x1234, DnsName.Parse(name), ZoneText.TypeOf(type), RecordClass.In, Tcp: false, Edns: true, DnssecOk: false, CheckingDisabled: false, new IPEndPoint(IPAddress.Loopback, 1));

    private static (MessageVerdict Verdict, ParsedReply? Parsed) Read(ScriptedQuery query, Response response) => Read(query, response.To(query));

    private static (MessageVerdict Verdict, ParsedReply? Parsed) Read(ScriptedQuery query, byte[] message)
    {
        var verdict = ResponseReader.Read(message, query.Id, new Question(query.Name, query.Type, query.Class), query.Name.Wire, out var parsed);
        return (verdict, parsed);
    }

    private static string RandomName(Random random, string under)
    {
        var name = under;
        for (var labels = random.Next(1, 5); labels > 0; labels--)
            name = new string((char)random.Next('a', 'z' + 1), random.Next(1, 20)) + "." + name;
        return name;
    }

    private static string RandomData(Random random, string type, string under)
    {
        var name = RandomName(random, random.Next(2) == 0 ? under : "other.test.");
        var number = random.Next(65536);
        return type switch
        {
            "A" => $"192.0.2.{number & 0xff}",
            "AAAA" => $"2001:db8::{(number | 1):x}",
            "MX" => $"{number} {name}",
            "SRV" => $"{number} 1 2 {name}",
            "SOA" => $"{name} {RandomName(random, under)} {number} 2 3 4 5",
            "TXT" => "text",
            "TYPE999" => "C00C00FF",
            _ => name,
        };
    }
}
