using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Content-Security-Policy (CSP Level 3): the sources of every directive. A source may be a URL, or a host without a scheme, with a port of <c>*</c>, with a path;
/// what is mapped becomes a source of the client's name. A source that covers more than a mapped host (a wildcard, <c>https:</c>, the host above a base path) stays,
/// and gets the client's names beside it.
/// </summary>
internal static class ContentSecurityPolicy
{
    internal static HeaderVerdict Rule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Headers ? Map(value, rules.Map, output) : HeaderVerdict.Keep;

    /// <summary>Maps a policy, from a field or from a <c>meta</c> element.</summary>
    /// <param name="value">The policy, or several between commas.</param>
    /// <param name="map">The map; not empty.</param>
    /// <param name="output">Gets the policy, if it is another.</param>
    internal static HeaderVerdict Map(ReadOnlySpan<byte> value, UrlMap map, IBufferWriter<byte> output)
    {
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        for (var at = 0; at < value.Length;)
        {
            var length = value[at..].IndexOfAny((byte)';', (byte)',');
            var directive = length < 0 ? value[at..] : value.Slice(at, length);
            at += directive.Length;

            // On an http alias this directive would send every request to a port where nobody need listen.
            if (!map.Pairs[0].Client.Secure && Ascii.EqualsIgnoreCase(directive.Trim(" \t\r\n"u8), "upgrade-insecure-requests"u8))
            {
                changed = true;
                if (at < value.Length && value[at] == ';')
                    at++;
                continue;
            }

            changed |= WriteDirective(directive, map, scratch);
            if (at < value.Length)
                scratch.Write(value.Slice(at++, 1));
        }

        return changed && scratch.WrittenSpan.Trim(" ;\t"u8).IsEmpty ? HeaderVerdict.Dropped : HeaderText.Finish(changed, scratch, output);
    }

    private static bool WriteDirective(ReadOnlySpan<byte> directive, UrlMap map, ArrayBufferWriter<byte> output)
    {
        var changed = false;
        for (var at = 0; at < directive.Length;)
        {
            if (IsBlank(directive[at]))
            {
                output.Write(directive.Slice(at++, 1));
                continue;
            }

            var length = directive[at..].IndexOfAny(" \t\r\n"u8);
            var word = length < 0 ? directive[at..] : directive.Slice(at, length);
            at += word.Length;
            if (TryMapSource(word, map.ToClient, output))
            {
                changed = true;
                continue;
            }

            output.Write(word);
            changed |= PolicySource.TryRead(word, out var source) && AddCovered(source, directive, map, output);
        }

        return changed;
    }

    private static bool TryMapSource(ReadOnlySpan<byte> word, UrlTable table, ArrayBufferWriter<byte> output)
    {
        if (word[0] is (byte)'\'' or (byte)'*' || word[0] == '/')
            return false;
        var anyPort = word.IndexOf(":*"u8);
        Span<byte> plain = stackalloc byte[512];
        if (word.Length + 2 > plain.Length)
            return false;
        var hasScheme = word.IndexOf("://"u8) >= 0;
        var length = 0;
        if (!hasScheme)
        {
            // A host without a dot or a port would be a directive's name or a keyword.
            if (word.IndexOf((byte)'.') < 0)
                return false;
            "//"u8.CopyTo(plain);
            length = 2;
        }

        var rest = anyPort < 0 ? default : word[(anyPort + 2)..];
        var head = anyPort < 0 ? word : word[..anyPort];
        head.CopyTo(plain[length..]);
        length += head.Length;
        var mapped = new ArrayBufferWriter<byte>(128);
        if (!table.TryMap(plain[..length], mapped))
            return false;
        var text = mapped.WrittenSpan;
        if (anyPort >= 0 && WebUrl.TryParse(text, out var url) && url.HasPort)
            text = text[..(url.HostAt + url.HostLength)];
        output.Write(text.StartsWith("//"u8) ? text[2..] : text);
        if (anyPort >= 0)
            output.Write(":*"u8);
        output.Write(rest);
        return true;
    }

    // What the origin allowed of itself must still be allowed where the client finds it; what is beside it already is not said twice (R14).
    private static bool AddCovered(in PolicySource source, ReadOnlySpan<byte> directive, UrlMap map, ArrayBufferWriter<byte> output)
    {
        var added = false;
        Span<byte> name = stackalloc byte[320];
        foreach (var pair in map.Pairs)
        {
            if (!source.Covers(pair))
                continue;
            var length = Encoding.UTF8.GetBytes($"{Encoding.ASCII.GetString(UrlTable.SchemeOf(source.IsWebSocket, pair.Client.Secure))}://{pair.Client.HostAndPort}", name);
            if (HasWord(directive, name[..length]) || HasWord(output.WrittenSpan[(output.WrittenSpan.LastIndexOfAny((byte)';', (byte)',') + 1)..], name[..length]))
                continue;
            output.Write(" "u8);
            output.Write(name[..length]);
            added = true;
        }

        return added;
    }

    private static bool HasWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (int at; (at = text.IndexOf(word)) >= 0; text = text[(at + word.Length)..])
        {
            if ((at == 0 || IsBlank(text[at - 1])) && (at + word.Length == text.Length || IsBlank(text[at + word.Length])))
                return true;
        }

        return false;
    }

    private static bool IsBlank(byte b) => HeaderText.IsBlank(b) || b is (byte)'\r' or (byte)'\n';
}
