using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Http1Client;

/// <summary>A field of our own making cannot be sent.</summary>
internal sealed class FieldRefusedException(string what) : InvalidOperationException($"{what} holds what no HTTP message may hold");

/// <summary>Writes the head of a request anew (RFC 9112 section 3): nothing passes that could end a line, a field or the head.</summary>
internal static class RequestHeadWriter
{
    // Version, framing, Expect, Connection and the last line.
    private const int Rest = 128;

    /// <summary>Writes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="room">How large the buffer is at least.</param>
    /// <returns>A buffer of the shared pool, and how much of it is the head.</returns>
    /// <exception cref="FieldRefusedException">Something in it may not be sent.</exception>
    public static (byte[] Buffer, int Length) Write(OriginRequest request, int room)
    {
        var length = request.Method.Length + request.Target.Length + request.Authority.Length + (request.Upgrade?.Length ?? 0) + Rest;
        foreach (var field in request.Fields)
            length += field.Name.Length + field.Value.Length + 4;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, room));
        try
        {
            return (buffer, Write(request, buffer));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>A field behind a body with its CRLF; null if it may not stand there (RFC 9110 section 6.5.1), or could not be sent.</summary>
    public static byte[]? Trailer(string name, string value)
    {
        var line = new byte[name.Length + value.Length + 4];
        var length = Encoding.Latin1.GetBytes(name, line);
        if (length == 0 || line.AsSpan(0, length).ContainsAnyExcept(Http1Bytes.Token) || !TrailerNames.MayTrail(line.AsSpan(0, length)) || value.AsSpan().ContainsAny('\r', '\n', '\0'))
            return null;
        length += Literal(": "u8, line.AsSpan(length));
        _ = Value(name, value, line.AsSpan(length));
        return line;
    }

    private static int Write(OriginRequest request, Span<byte> output)
    {
        var at = Checked(request.Method, output, "the method", static bytes => bytes.IsEmpty || bytes.ContainsAnyExcept(Http1Bytes.Token));
        output[at++] = (byte)' ';
        at += Checked(request.Target, output[at..], "the target", static bytes => bytes.IsEmpty || bytes.ContainsAnyInRange((byte)0, (byte)' ') || bytes.Contains((byte)127));
        at += Literal(" HTTP/1.1\r\nHost: "u8, output[at..]);
        at += Value("Host", request.Fields.Find("Host") ?? request.Authority, output[at..]);
        foreach (var (name, value) in request.Fields)
        {
            if (name.Length == 4 && name.Equals("Host", StringComparison.OrdinalIgnoreCase))
                continue;
            if (name.Length == 14 && name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                continue;
            at += Checked(name, output[at..], "the name of a field", static bytes => bytes.IsEmpty || bytes.ContainsAnyExcept(Http1Bytes.Token));
            at += Literal(": "u8, output[at..]);
            at += Value(name, value, output[at..]);
        }

        if (request.Upgrade is { } protocols)
        {
            at += Literal("Connection: Upgrade\r\nUpgrade: "u8, output[at..]);
            at += Value("Upgrade", protocols, output[at..]);
        }

        at += Framing(request, output[at..]);
        return at + Literal("\r\n"u8, output[at..]);
    }

    private static int Framing(OriginRequest request, Span<byte> output)
    {
        var at = 0;
        if (request.Body is { Length: null })
        {
            at = Literal("Transfer-Encoding: chunked\r\n"u8, output);
        }
        else if (request.Body is not null || request.SaysEmpty)
        {
            at = Literal("Content-Length: "u8, output);
            _ = Utf8Formatter.TryFormat(request.Body?.Length ?? 0, output[at..], out var digits);
            at += digits;
            at += Literal("\r\n"u8, output[at..]);
        }

        return request is { Body: not null, ExpectsContinue: true } ? at + Literal("Expect: 100-continue\r\n"u8, output[at..]) : at;
    }

    private static int Value(string name, string value, Span<byte> output)
    {
        var length = Encoding.Latin1.GetBytes(value, output);
        if (output[..length].ContainsAny(Http1Bytes.Controls))
            throw new FieldRefusedException($"the field {name}");
        return length + Literal("\r\n"u8, output[length..]);
    }

    private static int Checked(string text, Span<byte> output, string what, Func<ReadOnlySpan<byte>, bool> isWrong)
    {
        var length = Encoding.Latin1.GetBytes(text, output);
        return isWrong(output[..length]) ? throw new FieldRefusedException(what) : length;
    }

    private static int Literal(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        bytes.CopyTo(output);
        return bytes.Length;
    }
}
