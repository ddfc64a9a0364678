using System.Collections.Frozen;
using System.Text;

namespace Elsewhere.Http.Http1Client;

/// <summary>
/// The field lines of a message in their order; used again for the next message. A line that says what the same line of the message before said is the same text:
/// answers of one origin differ little.
/// </summary>
internal sealed class FieldLines
{
    private const int LongestKnown = 32;
    private static readonly FrozenSet<string> Known = new[]
    {
        "Accept-Ranges", "Access-Control-Allow-Origin", "Age", "Allow", "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding", "Content-Language",
        "Content-Length", "Content-Location", "Content-Range", "Content-Security-Policy", "Content-Type", "Date", "ETag", "Expires", "Keep-Alive", "Last-Modified", "Link",
        "Location", "Pragma", "Referrer-Policy", "Retry-After", "Server", "Set-Cookie", "Strict-Transport-Security", "Trailer", "Transfer-Encoding", "Upgrade", "Vary",
        "Via", "WWW-Authenticate", "X-Content-Type-Options", "X-Frame-Options", "X-Powered-By", "X-Request-Id", "X-XSS-Protection",
        "cache-control", "content-length", "content-type", "date", "etag", "location", "server", "set-cookie", "vary",
        "accept-ranges", "access-control-allow-origin", "age", "content-encoding", "content-language", "expires", "grpc-encoding", "grpc-message", "grpc-status",
        "last-modified", "link", "strict-transport-security", "trailer", "via", "x-content-type-options", "x-frame-options", "x-request-id",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> KnownByText = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    private HttpField[] lines = new HttpField[16];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>One of them.</summary>
    public HttpField this[int index] => index < Count ? lines[index] : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>All of them.</summary>
    public ReadOnlySpan<HttpField>.Enumerator GetEnumerator() => Span.GetEnumerator();

    /// <summary>All of them; valid until the next change.</summary>
    public ReadOnlySpan<HttpField> Span => lines.AsSpan(0, Count);

    /// <summary>All of them, for whoever looks at them later on.</summary>
    public IEnumerable<(string Name, string Value)> Pairs()
    {
        for (var i = 0; i < Count; i++)
            yield return (lines[i].Name, lines[i].Value);
    }

    /// <summary>Begins another message.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a line.</summary>
    public void Add(string name, string value) => Room() = new HttpField(name, value);

    /// <summary>Adds a line that came over the wire.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ref var line = ref Room();
        line = new HttpField(
            line.Name is { } lastName && Ascii.Equals(name, lastName) ? lastName : TextOf(name),
            line.Value is { } lastValue && IsLatin1(value, lastValue) ? lastValue : Encoding.Latin1.GetString(value));
    }

    /// <summary>The first value of a field; null without one.</summary>
    public string? Find(string name)
    {
        foreach (var line in this)
        {
            if (line.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return line.Value;
        }

        return null;
    }

    private ref HttpField Room()
    {
        if (Count == lines.Length)
            Array.Resize(ref lines, lines.Length * 2);
        return ref lines[Count++];
    }

    private static bool IsLatin1(ReadOnlySpan<byte> bytes, string text) => bytes.Length == text.Length && Ascii.Equals(bytes, text);

    private static string TextOf(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[LongestKnown];
        return name.Length <= LongestKnown && KnownByText.TryGetValue(text[..Encoding.Latin1.GetChars(name, text)], out var known) ? known : Encoding.Latin1.GetString(name);
    }
}
