using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Api;

/// <summary>A JSON text that was read.</summary>
/// <param name="Root">The value; null together with an error.</param>
/// <param name="Error">What is wrong, in the words of Go's <c>encoding/json</c>; null if nothing is.</param>
/// <param name="Duplicates">Paths of repeated keys, <c>spec.ports[0].name</c>; the last value counts.</param>
internal sealed record JsonText(Node? Root, string? Error, IReadOnlyList<string> Duplicates)
{
    /// <summary>Reads one value; nothing but white space may follow. Never throws: depth is limited (<see cref="ReadLimits.Depth"/>).</summary>
    public static JsonText Read(string text) => new JsonReader(text).Read();

    /// <summary>Reads UTF-8; bytes that are none become U+FFFD, as in Go.</summary>
    public static JsonText Read(ReadOnlySpan<byte> utf8) => Read(Encoding.UTF8.GetString(utf8));
}

/// <summary>Reads JSON as the API server does, RFC 8259, with Go's complaints about what is none.</summary>
internal sealed class JsonReader(string text)
{
    private readonly List<string> duplicates = [];
    private readonly StringBuilder path = new();
    private int at;
    private int line = 1;
    private int depth;
    private string? error;

    public JsonText Read()
    {
        var root = Value("looking for beginning of value");
        Space();
        if (error is null && at < text.Length)
            Unexpected("after top-level value");
        return error is null ? new(root, null, duplicates) : new(null, error, []);
    }

    private Node? Value(string expecting)
    {
        Space();
        if (at >= text.Length)
            return Ended();
        switch (text[at])
        {
            case '{':
                return Nested(Map);
            case '[':
                return Nested(List);
            case '"':
                var start = line;
                return String() is { } content ? Node.String(content, start) : null;
            case 't':
                return Literal("true") ? Node.Bool(true, line) : null;
            case 'f':
                return Literal("false") ? Node.Bool(false, line) : null;
            case 'n':
                return Literal("null") ? Node.Null(line) : null;
            case '-' or (>= '0' and <= '9'):
                return Number();
            default:
                return Unexpected(expecting);
        }
    }

    private Node? Nested(Func<Node?> read)
    {
        if (++depth > ReadLimits.Depth)
        {
            error = "exceeded max depth";
            return null;
        }

        var node = read();
        depth--;
        return node;
    }

    private Node? Map()
    {
        var map = Node.Map(line);
        HashSet<string>? keys = null;
        at++;
        Space();
        if (Take('}'))
            return map;
        while (true)
        {
            Space();
            if (at >= text.Length)
                return Ended();
            if (text[at] != '"')
                return Unexpected("looking for beginning of object key string");
            if (String() is not { } key)
                return null;
            Space();
            if (!Take(':'))
                return at >= text.Length ? Ended() : Unexpected("after object key");
            var before = path.Length;
            path.Append(before > 0 ? "." : "").Append(key);
            if (Value("looking for beginning of value") is not { } value)
                return null;
            Add(map, key, value, ref keys);
            path.Length = before;
            Space();
            if (Take('}'))
                return map;
            if (!Take(','))
                return at >= text.Length ? Ended() : Unexpected("after object key:value pair");
        }
    }

    // The keys are remembered only where looking through them one by one would be slow.
    private void Add(Node map, string key, Node value, ref HashSet<string>? keys)
    {
        const int few = 16;
        if (map.Entries.Count == few)
            keys = [.. map.Entries.Select(e => e.Key)];
        if (keys is null ? map.Has(key) : !keys.Add(key))
        {
            duplicates.Add(path.ToString());
            map.Set(key, value);
        }
        else
        {
            map.Entries.Add(new(key, value));
        }
    }

    private Node? List()
    {
        var list = Node.List(line);
        at++;
        Space();
        if (Take(']'))
            return list;
        while (true)
        {
            var before = path.Length;
            path.Append('[').Append(list.Items.Count).Append(']');
            if (Value("looking for beginning of value") is not { } item)
                return null;
            path.Length = before;
            list.Items.Add(item);
            Space();
            if (Take(']'))
                return list;
            if (!Take(','))
                return at >= text.Length ? Ended() : Unexpected("after array element");
        }
    }

    private string? String()
    {
        var start = ++at;
        var stop = text.AsSpan(start).IndexOfAny('"', '\\');
        if (stop >= 0 && text[start + stop] == '"' && text.AsSpan(start, stop).IndexOfAnyInRange('\0', '\x1f') < 0)
        {
            at = start + stop + 1;
            return text.Substring(start, stop);
        }

        var content = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at];
            if (c == '"')
            {
                at++;
                return content.ToString();
            }

            if (c < ' ')
                return Fail("in string literal");
            at++;
            if (c != '\\')
                content.Append(c);
            else if (!Escape(content))
                return null;
        }

        Ended();
        return null;
    }

    private bool Escape(StringBuilder content)
    {
        if (at >= text.Length)
            return Ended() is not null;
        if (text[at] == 'u')
        {
            at++;
            return Hex(content);
        }

        var plain = text[at] switch { '"' => '"', '\\' => '\\', '/' => '/', 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => '\0' };
        if (plain == '\0')
            return Fail("in string escape code") is not null;
        content.Append(plain);
        at++;
        return true;
    }

    private bool Hex(StringBuilder content)
    {
        var unit = 0;
        for (var i = 0; i < 4; i++, at++)
        {
            if (at >= text.Length)
                return Ended() is not null;
            if (!char.IsAsciiHexDigit(text[at]))
                return Fail("in \\u hexadecimal character escape") is not null;
            unit = (unit << 4) + int.Parse(text.AsSpan(at, 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        // Half of a pair alone is replaced, as Go does it.
        var c = (char)unit;
        var paired = char.IsLowSurrogate(c) && content.Length > 0 && char.IsHighSurrogate(content[^1]);
        var starts = char.IsHighSurrogate(c) && text.AsSpan(at).StartsWith("\\u", StringComparison.Ordinal) && at + 6 <= text.Length
            && ushort.TryParse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var next) && char.IsLowSurrogate((char)next);
        content.Append(!char.IsSurrogate(c) || paired || starts ? c : '\uFFFD');
        return true;
    }

    private Node? Number()
    {
        var start = at;
        Take('-');
        if (at >= text.Length)
            return Ended();
        if (!char.IsAsciiDigit(text[at]))
            return Unexpected("in numeric literal");
        if (!Take('0'))
            Digits();
        if (Take('.') && !SomeDigits("after decimal point in numeric literal"))
            return null;
        if (Take('e') || Take('E'))
        {
            if (!Take('+'))
                Take('-');
            if (!SomeDigits("in exponent of numeric literal"))
                return null;
        }

        return Node.Number(text[start..at], line);
    }

    private bool SomeDigits(string where)
    {
        if (at >= text.Length)
            return Ended() is not null;
        if (!char.IsAsciiDigit(text[at]))
            return Unexpected(where) is not null;
        Digits();
        return true;
    }

    private void Digits()
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
    }

    private bool Literal(string word)
    {
        for (var i = 0; i < word.Length; i++, at++)
        {
            if (at >= text.Length)
                return Ended() is not null;
            if (text[at] != word[i])
                return Unexpected($"in literal {word} (expecting {Quoted(word[i])})") is not null;
        }

        return true;
    }

    private bool Take(char c)
    {
        if (at >= text.Length || text[at] != c)
            return false;
        at++;
        return true;
    }

    private void Space()
    {
        for (; at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n'; at++)
        {
            if (text[at] == '\n')
                line++;
        }
    }

    private Node? Ended()
    {
        error ??= "unexpected end of JSON input";
        return null;
    }

    private Node? Unexpected(string where)
    {
        Fail(where);
        return null;
    }

    private string? Fail(string where)
    {
        error ??= $"invalid character {Quoted(text[at])} {where}";
        return null;
    }

    // Go looks at bytes: of a longer character it names the first one.
    private static string Quoted(char c)
    {
        if (c == '\'')
            return "'\\''";
        if (c == '"')
            return "'\"'";
        Span<byte> utf8 = stackalloc byte[4];
        var first = Rune.TryCreate(c, out var rune) && rune.TryEncodeToUtf8(utf8, out _) ? utf8[0] : (byte)0xf0;
        return $"'{GoText.Quote(((char)first).ToString())[1..^1]}'";
    }
}
