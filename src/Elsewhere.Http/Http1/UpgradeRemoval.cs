using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Takes an Upgrade that leads nowhere out of a head that has passed (RFC 9110 section 7.8).</summary>
internal static class UpgradeRemoval
{
    /// <summary>The head without Upgrade and HTTP2-Settings, and without their names in Connection.</summary>
    internal static byte[] From(in ReadOnlySequence<byte> head)
    {
        ReadOnlySpan<byte> rest = head.ToArray();
        var output = new ArrayBufferWriter<byte>(rest.Length);
        while (!rest.IsEmpty)
        {
            var line = rest[..(rest.IndexOf((byte)'\n') + 1)];
            rest = rest[line.Length..];
            Copy(line, output);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Copy(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> output)
    {
        var colon = line.IndexOf((byte)':');
        var name = colon < 0 ? default : line[..colon];
        if (Is(name, "upgrade"u8) || Is(name, "http2-settings"u8))
            return;
        if (Is(name, "connection"u8))
            CopyOptions(line[(colon + 1)..^2], output);
        else
            output.Write(line);
    }

    private static void CopyOptions(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        var any = false;
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            if (option.IsEmpty || Is(option, "upgrade"u8) || Is(option, "http2-settings"u8))
                continue;
            output.Write(any ? ", "u8 : "Connection: "u8);
            output.Write(option);
            any = true;
        }

        if (any)
            output.Write("\r\n"u8);
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(name, lower);
}
