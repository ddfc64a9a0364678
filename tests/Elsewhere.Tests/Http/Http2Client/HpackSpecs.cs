using System.Text;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2Client;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Http.Http2Client;

public sealed class HpackSpecs
{
    [Theory]
    [InlineData("custom-key: custom-header", 55, "400a637573746f6d2d6b65790d637573746f6d2d686561646572")]
    [InlineData(":path: /sample/path", 0, "040c2f73616d706c652f70617468")]
    [InlineData("password: secret", 0, "100870617373776f726406736563726574")]
    [InlineData(":method: GET", 0, "82")]
    public void The_examples_of_RFC_7541_C2_are_read(string field, int size, string block)
    {
        var decoder = new HpackDecoder(4096);
        Assert.Equal(field, Read(decoder, block));
        Assert.Equal(size, decoder.TableSize);
    }

    [Theory]
    [InlineData("828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565")]
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")]
    public void The_requests_of_RFC_7541_C3_and_C4_are_read_in_their_order(string first, string second, string third)
    {
        var decoder = new HpackDecoder(4096);
        Assert.Equal(":method: GET|:scheme: http|:path: /|:authority: www.example.com", Read(decoder, first));
        Assert.Equal(57, decoder.TableSize);
        Assert.Equal(":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache", Read(decoder, second));
        Assert.Equal(110, decoder.TableSize);
        Assert.Equal(":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value", Read(decoder, third));
        Assert.Equal(164, decoder.TableSize);
    }

    [Fact]
    public void The_answers_of_RFC_7541_C6_drop_what_a_table_of_256_has_no_room_for()
    {
        var decoder = new HpackDecoder(256);
        Assert.Equal(
            ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
            Read(decoder, "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
        Assert.Equal(222, decoder.TableSize);
        Assert.Equal(
            ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com", Read(decoder, "4883640effc1c0bf"));
        Assert.Equal(222, decoder.TableSize);
        Assert.Equal(
            ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com|content-encoding: gzip"
            + "|set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            Read(
                decoder,
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"));
        Assert.Equal(215, decoder.TableSize);
    }

    [Theory]
    [InlineData("80", "there is no index 0")]
    [InlineData("be", "the dynamic table is empty")]
    [InlineData("ffffffffff0f", "an index beyond all tables")]
    [InlineData("ff8080808080808001", "a number without end")]
    [InlineData("3fe21f", "a table of more than 4,096")]
    [InlineData("8220", "a size behind a field")]
    [InlineData("00", "a name that does not come")]
    [InlineData("000261", "half a name")]
    [InlineData("000161", "a value that does not come")]
    [InlineData("00016181ff", "eight bits of padding")]
    [InlineData("00016184ffffffff", "the end-of-string symbol")]
    [InlineData("0001618118", "padding of zeros")]
    public void What_is_no_block_is_refused(string block, string why) => Assert.Null(Read(new HpackDecoder(4096), block) is { } read ? why + read : null);

    [Property(MaxTest = 2000)]
    public void Any_bytes_are_read_or_refused_and_the_table_keeps_its_size(int seed)
    {
        var random = new Random(seed);
        var decoder = new HpackDecoder(256);
        for (var i = 0; i < 8; i++)
        {
            var block = new byte[random.Next(40)];
            random.NextBytes(block);
            if (!decoder.TryDecode(block, static (_, _) => { }))
                return;
            Assert.InRange(decoder.TableSize, 0, 256);
        }
    }

    [Property(MaxTest = 500)]
    public void A_request_is_read_as_it_was_written(int seed)
    {
        var random = new Random(seed);
        var request = new OriginRequest { Method = random.Next(3) switch { 0 => "GET", 1 => "POST", _ => "PATCH" }, Target = "/" + new string('t', random.Next(300)), Authority = "a.example" };
        var expected = new List<string> { $":method: {request.Method}", ":scheme: https", $":path: {request.Target}", ":authority: a.example" };
        for (var i = random.Next(6); i > 0; i--)
        {
            var (name, value) = ($"X-{random.Next(100)}", new string((char)random.Next('a', 'z'), random.Next(400)));
            request.Fields.Add(name, value);
            expected.Add($"{name.ToLowerInvariant()}: {value}");
        }

        var (buffer, length) = RequestBlock.Write(request, isSecure: true);

        Assert.Equal(string.Join('|', expected), Read(new HpackDecoder(0), Convert.ToHexString(buffer.AsSpan(0, length))));
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("cookie")]
    [InlineData("X-Api-Key")]
    public void Credentials_are_never_to_be_indexed(string name)
    {
        var request = new OriginRequest { Authority = "a" };
        request.Fields.Add(name, "secret");
        var (buffer, length) = RequestBlock.Write(request, isSecure: false);

        // Behind three pseudo-header fields of the static table, and :authority with its one character.
        Assert.Equal(0x10, buffer.AsSpan(0, length)[6] & 0xF0);
    }

    private static string? Read(HpackDecoder decoder, string block)
    {
        var fields = new List<string>();
        return decoder.TryDecode(Convert.FromHexString(block), (name, value) => fields.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}"))
            ? string.Join('|', fields)
            : null;
    }
}
