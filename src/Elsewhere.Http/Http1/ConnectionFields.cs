using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>
/// Takes out of a head that has passed what is for this connection only: an Upgrade that leads nowhere (RFC 9110 section 7.8), and the fields that Connection names
/// (section 7.6.1). Kestrel forgets those names where <c>close</c> or <c>keep-alive</c> stands beside them, so that nobody behind it could do it.
/// </summary>
internal static class ConnectionFields
{
    /// <summary>The head without them, and without their names in Connection.</summary>
    /// <param name="head">The head, to its last line.</param>
    /// <param name="upgrade">Whether Upgrade is among them.</param>
    internal static byte[] RemoveFrom(in ReadOnlySequence<byte> head, bool upgrade)
    {
        ReadOnlySpan<byte> all = head.ToArray();
        var output = new ArrayBufferWriter<byte>(all.Length);
        for (var rest = all; !rest.IsEmpty;)
        {
            var line = rest[..(rest.IndexOf((byte)'\n') + 1)];
            rest = rest[line.Length..];
            Copy(line, all, upgrade, output);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Copy(ReadOnlySpan<byte> line, ReadOnlySpan<byte> head, bool upgrade, ArrayBufferWriter<byte> output)
    {
        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? default : line[..colon];
        if (Is(name, "connection"u8))
            CopyOptions(line[(colon + 1)..^2], upgrade, output);
        else if (!IsFraming(name) && (IsUpgrade(name) ? upgrade : !name.IsEmpty && IsNamed(name, head)))
            return;
        else
            output.Write(line);
    }

    private static void CopyOptions(ReadOnlySpan<byte> value, bool upgrade, ArrayBufferWriter<byte> output)
    {
        var any = false;
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            var stays = Is(option, "close"u8) || Is(option, "keep-alive"u8) || Is(option, "te"u8) || (Is(option, "upgrade"u8) && !upgrade);
            if (!stays)
                continue;
            output.Write(any ? ", "u8 : "Connection: "u8);
            output.Write(option);
            any = true;
        }

        if (any)
            output.Write("\r\n"u8);
    }

    private static bool IsNamed(ReadOnlySpan<byte> name, ReadOnlySpan<byte> head)
    {
        for (var rest = head; !rest.IsEmpty;)
        {
            var line = rest[..(rest.IndexOf((byte)'\n') + 1)];
            rest = rest[line.Length..];
            var colon = line.IndexOf((byte)':');
            if (colon < 0 || !Is(line[..colon], "connection"u8))
                continue;
            var value = line[(colon + 1)..^2];
            foreach (var part in value.Split((byte)','))
            {
                if (Ascii.EqualsIgnoreCase(value[part].Trim(" \t"u8), name))
                    return true;
            }
        }

        return false;
    }

    private static bool IsUpgrade(ReadOnlySpan<byte> name) => Is(name, "upgrade"u8) || Is(name, "http2-settings"u8);

    // Whoever names these would change what the message is; TE is looked at further on.
    private static bool IsFraming(ReadOnlySpan<byte> name) =>
        Is(name, "host"u8) || Is(name, "content-length"u8) || Is(name, "transfer-encoding"u8) || Is(name, "te"u8) || Is(name, "connection"u8);

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(name, lower);
}
