using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What several header rules have in common.</summary>
internal static class HeaderText
{
    internal static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t';

    /// <summary>Maps a list of origins, <c>https://a, https://b</c>; <c>*</c> and <c>null</c> stay.</summary>
    internal static HeaderVerdict MapOrigins(ReadOnlySpan<byte> value, UrlTable table, IBufferWriter<byte> output)
    {
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        for (var at = 0; at < value.Length;)
        {
            var length = value[at..].IndexOfAny((byte)',', (byte)' ');
            var one = length < 0 ? value[at..] : value.Slice(at, length);
            if (TryMapOrigin(one, table, scratch))
                changed = true;
            else
                scratch.Write(one);
            at += one.Length;
            if (at < value.Length)
                scratch.Write(value.Slice(at++, 1));
        }

        return Finish(changed, scratch, output);
    }

    /// <summary>Maps each URL in angle brackets.</summary>
    internal static HeaderVerdict MapBracketed(ReadOnlySpan<byte> value, UrlTable table, IBufferWriter<byte> output)
    {
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        for (var at = 0; at < value.Length;)
        {
            var open = value[at..].IndexOf((byte)'<');
            var close = open < 0 ? -1 : value[(at + open)..].IndexOf((byte)'>');
            if (close < 0)
            {
                scratch.Write(value[at..]);
                break;
            }

            open += at;
            close += open;
            scratch.Write(value[at..(open + 1)]);
            if (table.TryMap(value[(open + 1)..close], scratch))
                changed = true;
            else
                scratch.Write(value[(open + 1)..close]);
            at = close;
            scratch.Write(value.Slice(at++, 1));
        }

        return Finish(changed, scratch, output);
    }

    /// <summary>The place of the sign that closes what begins at a place; of quotes, one with no backslash in front.</summary>
    internal static int EndOf(ReadOnlySpan<byte> value, int at, byte close)
    {
        for (; at < value.Length && value[at] != close; at++)
        {
            if (close == '"' && value[at] == '\\')
                at++;
        }

        return Math.Min(at, value.Length);
    }

    /// <summary>Whether a text ends in a parameter's name and its equals sign.</summary>
    internal static bool EndsWithName(ReadOnlySpan<byte> before, ReadOnlySpan<byte> name)
    {
        before = before.TrimEnd(" \t"u8);
        if (!before.EndsWith("="u8))
            return false;
        before = before[..^1].TrimEnd(" \t"u8);
        return before.Length > name.Length && Ascii.EqualsIgnoreCase(before[^name.Length..], name)
            && before[^(name.Length + 1)] is (byte)';' or (byte)' ' or (byte)'\t';
    }

    /// <summary>Writes what was made, if it is another text.</summary>
    internal static HeaderVerdict Finish(bool changed, ArrayBufferWriter<byte> made, IBufferWriter<byte> output)
    {
        if (!changed)
            return HeaderVerdict.Keep;
        output.Write(made.WrittenSpan);
        return HeaderVerdict.Replaced;
    }

    // An origin has no path: a base path plays no part in it.
    private static bool TryMapOrigin(ReadOnlySpan<byte> origin, UrlTable table, IBufferWriter<byte> output)
    {
        if (!WebUrl.TryParse(origin, out var url) || !url.HasScheme || (url.RestAt != origin.Length && !origin[url.RestAt..].SequenceEqual("/"u8)) || table.Find(url.HostOf(origin)) is not { } host)
            return false;
        var shape = new UrlShape(true, url.Secure, url.PortOr(0));
        if (host.IsSettled(shape, table.ToSecure))
            return false;
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var entry in host.Entries)
            {
                if (!table.Fits(entry, shape, pass))
                    continue;
                output.Write(UrlTable.SchemeOf(url.IsWebSocket, entry.To.Secure));
                output.Write("://"u8);
                output.Write(entry.ToHostBytes);
                if (entry.ToPortBytes.Length > 0)
                    output.Write(":"u8);
                output.Write(entry.ToPortBytes);
                output.Write(origin[url.RestAt..]);
                return true;
            }
        }

        return false;
    }
}
