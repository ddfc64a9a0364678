using System.Buffers;
using System.Globalization;
using System.Text;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Http2Client;

/// <summary>
/// Encodes the fields of a request (RFC 9113 section 8.3.1) by the static table and literals. There is no dynamic table: nothing secret stays behind on the connection, and
/// blocks need no order. Credentials are marked as never to be indexed (RFC 7541 section 7.1.3).
/// </summary>
internal static class RequestBlock
{
    // A number takes no more than five bytes; each field has two.
    private const int PerField = 12, Pseudo = 64;
    private const byte WithoutIndexing = 0, NeverIndexed = 0x10;

    /// <summary>Encodes it.</summary>
    /// <returns>A buffer of the shared pool, and how much of it is the block.</returns>
    /// <exception cref="FieldRefusedException">Something in it may not be sent.</exception>
    public static (byte[] Buffer, int Length) Write(OriginRequest request, bool isSecure)
    {
        var authority = request.Fields.Find("Host") ?? request.Authority;
        var length = request.Method.Length + request.Target.Length + authority.Length + Pseudo + (4 * PerField) + 64;
        foreach (var field in request.Fields)
            length += field.Name.Length + field.Value.Length + PerField;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return (buffer, Write(request, authority, isSecure, buffer));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>How large the fields of a request are for the one who decodes them (RFC 9113 section 6.5.2).</summary>
    public static long SizeOf(OriginRequest request, bool isSecure)
    {
        long size = SizeOf(":method", request.Method) + SizeOf(":scheme", isSecure ? "https" : "http") + SizeOf(":path", request.Target)
            + SizeOf(":authority", request.Fields.Find("Host") ?? request.Authority);
        foreach (var (name, value) in request.Fields)
            size += IsWrittenElsewhere(name) ? 0 : SizeOf(name, value);
        if (request.Body?.Length is { } length)
            size += SizeOf("content-length", length.ToString(CultureInfo.InvariantCulture));
        else if (request is { Body: null, SaysEmpty: true })
            size += SizeOf("content-length", "0");
        return request is { Body: not null, ExpectsContinue: true } ? size + SizeOf("expect", "100-continue") : size;
    }

    /// <summary>How large fields behind a body are.</summary>
    public static long SizeOf(IEnumerable<HttpField>? fields) => fields?.Sum(static field => (long)SizeOf(field.Name, field.Value)) ?? 0;

    /// <summary>Encodes fields behind a body; those that may not stand there are left out. Null where none is left.</summary>
    public static byte[]? Trailers(IEnumerable<HttpField>? fields)
    {
        byte[]? block = null;
        foreach (var (name, value) in fields ?? [])
        {
            var bytes = Encoding.Latin1.GetBytes(name);
            if (bytes.Length == 0 || bytes.AsSpan().ContainsAnyExcept(Http1Bytes.Token) || !TrailerNames.MayTrail(bytes) || IsOfOneConnection(name)
                || Encoding.Latin1.GetBytes(value).AsSpan().ContainsAny(Http1Bytes.Controls))
            {
                continue;
            }

            var line = new byte[name.Length + value.Length + PerField];
            var length = Field(name, value, line);
            block = [.. block ?? [], .. line.AsSpan(0, length)];
        }

        return block;
    }

    /// <summary>Whether a field is of HTTP/1.1's connections (RFC 9113 section 8.2.2).</summary>
    public static bool IsOfOneConnection(string name) => name.Length switch
    {
        7 => name.Equals("upgrade", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("connection", StringComparison.OrdinalIgnoreCase) || name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("proxy-connection", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static int Write(OriginRequest request, string authority, bool isSecure, Span<byte> output)
    {
        if (request.Method.Length == 0 || request.Method.AsSpan().ContainsAnyExcept(tokens))
            throw new FieldRefusedException("the method");
        if (request.Target.Length == 0 || request.Target.AsSpan().ContainsAnyInRange('\0', ' ') || request.Target.Contains('\x7f', StringComparison.Ordinal))
            throw new FieldRefusedException("the target");
        var at = request.Method switch
        {
            "GET" => Indexed(2, output),
            "POST" => Indexed(3, output),
            _ => Named(2, request.Method, WithoutIndexing, output, "the method"),
        };
        at += Indexed(isSecure ? 7 : 6, output[at..]);
        at += request.Target == "/" ? Indexed(4, output[at..]) : Named(4, request.Target, WithoutIndexing, output[at..], "the target");
        at += Named(1, authority, WithoutIndexing, output[at..], "the field Host");
        foreach (var (name, value) in request.Fields)
        {
            if (!IsWrittenElsewhere(name))
                at += Field(name, value, output[at..]);
        }

        if (request.Body?.Length is { } length)
            at += Field("content-length", length.ToString(CultureInfo.InvariantCulture), output[at..]);
        else if (request is { Body: null, SaysEmpty: true })
            at += Field("content-length", "0", output[at..]);
        return request is { Body: not null, ExpectsContinue: true } ? at + Field("expect", "100-continue", output[at..]) : at;
    }

    private static bool IsWrittenElsewhere(string name) => IsOfOneConnection(name) || (name.Length == 4 && name.Equals("Host", StringComparison.OrdinalIgnoreCase))
        || (name.Length == 14 && name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));

    private static int SizeOf(string name, string value) => name.Length + value.Length + 32;

    private static readonly SearchValues<char> tokens = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static int Field(string name, string value, Span<byte> output)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(tokens))
            throw new FieldRefusedException("the name of a field");
        var kind = IsSecret(name) ? NeverIndexed : WithoutIndexing;
        if (StaticTable.Find(name) is var index and > 0)
            return Named(index, value, kind, output, name);
        output[0] = kind;
        var at = 1 + Number(name.Length, 7, 0, output[1..]);
        _ = Ascii.ToLower(name, output[at..], out var written);
        at += written;
        return at + Text(value, output[at..], name);
    }

    private static bool IsSecret(string name) => name.Length switch
    {
        6 => name.Equals("cookie", StringComparison.OrdinalIgnoreCase),
        13 => name.Equals("authorization", StringComparison.OrdinalIgnoreCase),
        19 => name.Equals("proxy-authorization", StringComparison.OrdinalIgnoreCase),
        _ => name.Contains("key", StringComparison.OrdinalIgnoreCase) || name.Contains("token", StringComparison.OrdinalIgnoreCase)
            || name.Contains("secret", StringComparison.OrdinalIgnoreCase),
    };

    private static int Indexed(int index, Span<byte> output)
    {
        output[0] = (byte)(0x80 | index);
        return 1;
    }

    private static int Named(int index, string value, byte kind, Span<byte> output, string what)
    {
        var at = Number(index, 4, kind, output);
        return at + Text(value, output[at..], what);
    }

    private static int Text(string value, Span<byte> output, string what)
    {
        var at = Number(value.Length, 7, 0, output);
        var length = Encoding.Latin1.GetBytes(value, output[at..]);
        if (output.Slice(at, length).ContainsAny(Http1Bytes.Controls))
            throw new FieldRefusedException(what);
        return at + length;
    }

    // RFC 7541 section 5.1.
    private static int Number(int number, int prefix, byte kind, Span<byte> output)
    {
        var mask = (1 << prefix) - 1;
        if (number < mask)
        {
            output[0] = (byte)(kind | number);
            return 1;
        }

        output[0] = (byte)(kind | mask);
        number -= mask;
        var at = 1;
        for (; number >= 0x80; number >>= 7)
            output[at++] = (byte)(number | 0x80);
        output[at++] = (byte)number;
        return at;
    }
}
