using System.Text;

namespace Elsewhere.Http.Http2Client;

/// <summary>The static table of HPACK (RFC 7541 Appendix A), from index 1 on.</summary>
internal static class StaticTable
{
    private static readonly (string Name, string Value)[] entries =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"),
        (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"),
        ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
        ("content-encoding", ""), ("content-language", ""), ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""), ("if-modified-since", ""),
        ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""),
        ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ];

    private static readonly byte[][] names = [.. entries.Select(static entry => Encoding.ASCII.GetBytes(entry.Name))];
    private static readonly byte[][] values = [.. entries.Select(static entry => Encoding.ASCII.GetBytes(entry.Value))];

    private static readonly System.Collections.Frozen.FrozenDictionary<string, int> indexes = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
        entries.Select(static (entry, at) => (entry.Name, Index: at + 1)).DistinctBy(static pair => pair.Name),
        static pair => pair.Name,
        static pair => pair.Index,
        StringComparer.OrdinalIgnoreCase);

    /// <summary>How many entries there are.</summary>
    public static int Count => entries.Length;

    /// <summary>The name of an entry; the index is 1 or more.</summary>
    public static ReadOnlySpan<byte> NameOf(int index) => names[index - 1];

    /// <summary>The value of an entry; the index is 1 or more.</summary>
    public static ReadOnlySpan<byte> ValueOf(int index) => values[index - 1];

    /// <summary>The first entry with a name, in whatever case; 0 for none.</summary>
    public static int Find(string name) => indexes.GetValueOrDefault(name);
}
