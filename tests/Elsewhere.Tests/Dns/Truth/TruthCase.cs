using System.Globalization;
using System.Text.Json;
using Elsewhere.Dns;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Dns.Truth;

/// <summary>One recorded question and what was answered, as <c>specs/dns/README.md</c> tells it.</summary>
internal sealed class TruthCase(JsonElement json)
{
    public static IReadOnlyDictionary<string, TruthCase> All { get; } =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TruthServers.Folder, "queries.json"))).RootElement.GetProperty("queries").EnumerateArray()
            .ToDictionary(query => query.GetProperty("id").GetString()!, query => new TruthCase(query));

    public string Name => json.GetProperty("name").GetString()!;

    public string Type => json.GetProperty("type").GetString()!;

    public string Profile => json.GetProperty("profile").GetString()!;

    public bool Tcp => json.GetProperty("transport").GetString() == "tcp";

    public bool OwnerAsQueried => json.TryGetProperty("response", out var response) && response.TryGetProperty("ownerCase", out _);

    public string? AuthorityOwner => json.TryGetProperty("response", out var response) && response.TryGetProperty("authorityOwnerRaw", out var owner) ? owner.GetString() : null;

    public bool ChainInOrder =>
        json.TryGetProperty("response", out var response) && response.TryGetProperty("cnameChainInOrder", out var order) && order.GetBoolean();

    /// <summary>The response and its variants, each as text; empty if there was none.</summary>
    public IReadOnlyList<string> Expected
    {
        get
        {
            var variants = new List<JsonElement>();
            if (json.TryGetProperty("response", out var response))
                variants.Add(response);
            if (json.TryGetProperty("alsoSeen", out var more))
                variants.AddRange(more.EnumerateArray());
            return variants.ConvertAll(Describe);
        }
    }

    public byte[] Query()
    {
        var query = QueryBuilder.Of(Name, Type);
        if (json.TryGetProperty("edns", out var edns))
            query = query with { UdpSize = edns.GetProperty("udpSize").GetInt32(), DnssecOk = edns.GetProperty("do").GetBoolean() };
        if (!json.TryGetProperty("options", out var options))
            return query.ToBytes();
        foreach (var option in options.EnumerateObject())
        {
            query = option.Name switch
            {
                "rd" => query with { RecursionDesired = option.Value.GetBoolean() },
                "cd" => query with { CheckingDisabled = option.Value.GetBoolean() },
                "ad" => query with { AuthenticData = option.Value.GetBoolean() },
                "class" => query with { Class = ClassOf(option.Value.GetString()!) },
                "opcode" => query with { Opcode = OpcodeOf(option.Value.GetString()!) },
                "ednsVersion" => query with { UdpSize = query.UdpSize ?? 1232, EdnsVersion = option.Value.GetInt32() },
                "ednsOption" => query with
                {
                    UdpSize = query.UdpSize ?? 1232,
                    Options = [(option.Value[0].GetInt32(), Convert.FromHexString(option.Value[1].GetString()!))],
                },
                _ => throw new InvalidOperationException(option.Name),
            };
        }

        return query.ToBytes();
    }

    /// <summary>Our response in the same words.</summary>
    public static string Describe(DnsMessage message, bool questionEchoed)
    {
        var lines = new List<string>
        {
            Head(
                RcodeName(message.Rcode), message.Authoritative, message.RecursionAvailable, message.Truncated,
                message.RecursionDesired, (message.Flags & 0x20) != 0, (message.Flags & 0x10) != 0, questionEchoed),
        };
        Add(lines, "answer", message.Answer.Select(Text));
        Add(lines, "authority", message.Authority.Select(Text));
        Add(lines, "additional", message.Additional.Select(Text));
        if (message.Edns is { } edns)
            lines.Add(Opt(edns.Version, edns.UdpSize, edns.DnssecOk, edns.Options.Select(option => option.Code)));
        return string.Join('\n', lines);
    }

    private static string Describe(JsonElement response)
    {
        var lines = new List<string>
        {
            Head(
                response.GetProperty("rcode").GetString()!, Flag(response, "aa", false), Flag(response, "ra", false), Flag(response, "tc", false),
                Flag(response, "rd", true), Flag(response, "ad", false), Flag(response, "cd", false), !response.TryGetProperty("question", out _)),
        };
        foreach (var section in (string[])["answer", "authority", "additional"])
        {
            if (response.TryGetProperty(section, out var records))
            {
                Add(lines, section, records.EnumerateArray().Select(record =>
                    $"{record.GetProperty("name").GetString()} {record.GetProperty("ttl").GetInt32()} {record.GetProperty("type").GetString()} {record.GetProperty("data").GetString()}"));
            }
        }

        if (response.TryGetProperty("edns", out var edns))
        {
            lines.Add(Opt(
                edns.GetProperty("version").GetInt32(), edns.GetProperty("udpSize").GetInt32(), edns.GetProperty("do").GetBoolean(),
                edns.GetProperty("options").EnumerateArray().Select(option => option.GetInt32())));
        }

        return string.Join('\n', lines);
    }

    private static string Head(string rcode, bool aa, bool ra, bool tc, bool rd, bool ad, bool cd, bool question) =>
        $"{rcode}{(aa ? " aa" : "")}{(ra ? " ra" : "")}{(tc ? " tc" : "")}{(rd ? "" : " no-rd")}{(ad ? " ad" : "")}{(cd ? " cd" : "")}{(question ? "" : " no-question")}";

    private static string Opt(int version, int size, bool dnssecOk, IEnumerable<int> options) =>
        $"edns {version} {size}{(dnssecOk ? " do" : "")} options [{string.Join(' ', options)}]";

    private static void Add(List<string> lines, string section, IEnumerable<string> records) =>
        lines.AddRange(records.Order(StringComparer.Ordinal).Select(record => $"{section} {record}"));

    private static string Text(ResourceRecord record)
    {
        var words = ZoneText.Line(record).Split(' ', 4);
        if (record.Type == RecordType.Txt)
            return $"{words[0].ToLowerInvariant()} {words[1]} TXT \"{words[3].Replace("origin-one", "origin one", StringComparison.Ordinal)}\"";
        var data = words[3].ToLowerInvariant();
        if (record.Type == RecordType.Soa)
        {
            var soa = data.Split(' ');
            soa[2] = "SERIAL";
            data = string.Join(' ', soa);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{words[0].ToLowerInvariant()} {words[1]} {words[2]} {data}");
    }

    private static bool Flag(JsonElement response, string name, bool otherwise) =>
        response.TryGetProperty(name, out var flag) ? flag.GetBoolean() : otherwise;

    private static ushort ClassOf(string name) => name switch
    {
        "CH" => RecordClass.Ch,
        "HS" => RecordClass.Hs,
        "ANY" => RecordClass.Any,
        "NONE" => 254,
        _ => RecordClass.In,
    };

    private static int OpcodeOf(string name) => name switch
    {
        "IQUERY" => Opcode.IQuery,
        "STATUS" => Opcode.Status,
        "NOTIFY" => Opcode.Notify,
        "UPDATE" => Opcode.Update,
        _ => Opcode.Query,
    };

    private static string RcodeName(int rcode) => rcode switch
    {
        Rcode.NoError => "NOERROR",
        Rcode.FormErr => "FORMERR",
        Rcode.ServFail => "SERVFAIL",
        Rcode.NXDomain => "NXDOMAIN",
        Rcode.NotImp => "NOTIMP",
        Rcode.Refused => "REFUSED",
        Rcode.BadVers => "BADVERS",
        _ => rcode.ToString(CultureInfo.InvariantCulture),
    };
}
