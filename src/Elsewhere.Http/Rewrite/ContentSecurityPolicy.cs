using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Content-Security-Policy (CSP Level 3): the sources of every directive. A source may be a URL, or a host without a scheme, with a port of <c>*</c>, with a path;
/// what is mapped becomes a source of the client's name. A wildcard that covers a mapped host gets the client's name beside it.
/// </summary>
internal static class ContentSecurityPolicy
{
    internal static HeaderVerdict Rule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        for (var at = 0; at < value.Length;)
        {
            var length = value[at..].IndexOfAny((byte)';', (byte)',');
            var directive = length < 0 ? value[at..] : value.Slice(at, length);
            at += directive.Length;

            // On an http alias this directive would send every request to a port where nobody need listen.
            if (!rules.Self.Client.Secure && Ascii.EqualsIgnoreCase(directive.Trim(" \t"u8), "upgrade-insecure-requests"u8))
            {
                changed = true;
                if (at < value.Length && value[at] == ';')
                    at++;
                continue;
            }

            changed |= WriteDirective(directive, rules, scratch);
            if (at < value.Length)
                scratch.Write(value.Slice(at++, 1));
        }

        return changed && scratch.WrittenSpan.Trim(" ;\t"u8).IsEmpty ? HeaderVerdict.Dropped : HeaderText.Finish(changed, scratch, output);
    }

    private static bool WriteDirective(ReadOnlySpan<byte> directive, RewriteRules rules, ArrayBufferWriter<byte> output)
    {
        var changed = false;
        for (var at = 0; at < directive.Length;)
        {
            if (HeaderText.IsBlank(directive[at]))
            {
                output.Write(directive.Slice(at++, 1));
                continue;
            }

            var length = directive[at..].IndexOfAny((byte)' ', (byte)'\t');
            var word = length < 0 ? directive[at..] : directive.Slice(at, length);
            at += word.Length;
            if (TryMapSource(word, rules, output))
            {
                changed = true;
                continue;
            }

            output.Write(word);
            changed |= AddBehindWildcard(word, rules, output);
        }

        return changed;
    }

    private static bool TryMapSource(ReadOnlySpan<byte> word, RewriteRules rules, ArrayBufferWriter<byte> output)
    {
        if (word[0] is (byte)'\'' or (byte)'*' || word[0] == '/')
            return false;
        var table = rules.Map.ToClient;
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

    private static bool AddBehindWildcard(ReadOnlySpan<byte> word, RewriteRules rules, ArrayBufferWriter<byte> output)
    {
        var star = word.IndexOf("*."u8);
        if (star < 0 || (star > 0 && !word[..star].EndsWith("://"u8)))
            return false;
        var suffix = word[(star + 1)..];
        var end = suffix.IndexOfAny((byte)':', (byte)'/');
        suffix = end < 0 ? suffix : suffix[..end];
        var added = false;
        foreach (var pair in rules.Map.Pairs)
        {
            if (suffix.Length >= pair.Origin.Host.Length || !Ascii.EqualsIgnoreCase(suffix, pair.Origin.Host.AsSpan(pair.Origin.Host.Length - suffix.Length)))
                continue;
            output.Write(" "u8);
            Encoding.UTF8.GetBytes(pair.Client.ToString(), output);
            added = true;
        }

        return added;
    }
}
