using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>Response fields, in the client's terms.</summary>
internal static class ResponseHeaders
{
    private static readonly SearchValues<byte> SecondsOfRefresh = SearchValues.Create("0123456789. \t"u8);

    /// <summary>
    /// A URL or a reference. Of relative ones only an absolute path needs work, and only below a base path: one that leads out of it becomes the origin's own URL,
    /// since the client's path would be another resource.
    /// </summary>
    internal static HeaderVerdict Reference(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var text = value.Trim(" \t"u8);
        return TryMapReference(text, rules, output) ? HeaderVerdict.Replaced : HeaderVerdict.Keep;
    }

    /// <summary>RFC 2068 section 19.6.2.5 has the URL in angle brackets; some servers write it without.</summary>
    internal static HeaderVerdict Uri(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        value.IndexOf((byte)'<') < 0 ? Reference(value, rules, exchange, output) : Link(value, rules, exchange, output);

    /// <summary>HTML section 7.4.5 ("shared declarative refresh"): <c>5; url='https://…'</c>.</summary>
    internal static HeaderVerdict Refresh(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var at = value.IndexOfAnyExcept(SecondsOfRefresh);
        if (at < 0 || (value[at] is not ((byte)';' or (byte)',') && (at == 0 || !HeaderText.IsBlank(value[at - 1]))))
            return HeaderVerdict.Keep;
        if (value[at] is (byte)';' or (byte)',')
            at++;
        while (at < value.Length && HeaderText.IsBlank(value[at]))
            at++;
        if (value.Length - at >= 3 && Ascii.EqualsIgnoreCase(value.Slice(at, 3), "url"u8))
        {
            var equals = at + 3;
            while (equals < value.Length && HeaderText.IsBlank(value[equals]))
                equals++;
            if (equals < value.Length && value[equals] == '=')
                at = equals + 1;
            while (at < value.Length && HeaderText.IsBlank(value[at]))
                at++;
        }

        var end = value.Length;
        if (at < value.Length && value[at] is (byte)'"' or (byte)'\'')
        {
            var quote = value[at++];
            var close = value[at..].IndexOf(quote);
            end = close < 0 ? end : at + close;
        }

        var scratch = new ArrayBufferWriter<byte>();
        if (!TryMapReference(value[at..end], rules, scratch))
            return HeaderVerdict.Keep;
        output.Write(value[..at]);
        output.Write(scratch.WrittenSpan);
        output.Write(value[end..]);
        return HeaderVerdict.Replaced;
    }

    /// <summary>
    /// RFC 8288 section 3: <c>&lt;target&gt;; rel=next; anchor="…"</c>, with HTML's <c>imagesrcset</c>; RFC 9652 has the target in quotes. A relation is compared
    /// as a string.
    /// </summary>
    internal static HeaderVerdict Link(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        for (var at = 0; at < value.Length;)
        {
            var open = value[at..].IndexOfAny((byte)'<', (byte)'"');
            if (open < 0)
            {
                scratch.Write(value[at..]);
                break;
            }

            open += at + 1;
            var close = HeaderText.EndOf(value, open, value[open - 1] == '<' ? (byte)'>' : (byte)'"');
            scratch.Write(value[at..open]);
            changed |= WriteOfLink(value[..(open - 1)], value[open - 1], value[open..close], rules, scratch);
            at = close;
            if (at < value.Length)
                scratch.Write(value.Slice(at++, 1));
        }

        return HeaderText.Finish(changed, scratch, output);
    }

    internal static HeaderVerdict Origins(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Headers ? HeaderText.MapOrigins(value, rules.Map.ToClient, output) : HeaderVerdict.Keep;

    /// <summary>
    /// Who asks hears its own origin, letter by letter, if the origin allows what it was told: several origins of the client's can be one of the origin's, and
    /// browsers compare strings (R11).
    /// </summary>
    internal static HeaderVerdict AllowOrigin(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        if (exchange.Origin is { Length: > 0 and < 512 } asked)
        {
            Span<byte> came = stackalloc byte[asked.Length];
            Encoding.Latin1.GetBytes(asked, came);
            var told = new ArrayBufferWriter<byte>(asked.Length + 64);
            var isOther = HeaderText.MapOrigins(came, rules.Map.ToOrigin, told) == HeaderVerdict.Replaced;
            if (Ascii.EqualsIgnoreCase(value.Trim(" \t"u8), isOther ? told.WrittenSpan : came))
            {
                if (!isOther)
                    return HeaderVerdict.Keep;
                output.Write(came);
                return HeaderVerdict.Replaced;
            }
        }

        return HeaderText.MapOrigins(value, rules.Map.ToClient, output);
    }

    /// <summary>Fields whose URLs stand in quotes or lists of their own: JSON, auth-params, structured fields. Names without a scheme stay.</summary>
    internal static HeaderVerdict AnyUrls(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        var hits = BodyRewriter.RewriteAll(rules.Map.ToClient, ScanFlags.None, value, scratch);
        return HeaderText.Finish(hits > 0, scratch, output);
    }

    /// <summary>RFC 7838: an alternative is another address of the origin, past the alias (R12). <c>clear</c> may go on.</summary>
    internal static HeaderVerdict AltSvc(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        value.Trim(" \t"u8).SequenceEqual("clear"u8) ? HeaderVerdict.Keep : HeaderVerdict.Dropped;

    /// <summary>
    /// RFC 6797: on http it is void at best; on https it holds for this name only. What lies below the client's name is not the origin's to promise.
    /// </summary>
    internal static HeaderVerdict StrictTransportSecurity(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Self.Client.Secure)
            return HeaderVerdict.Dropped;
        foreach (var range in value.Split((byte)';'))
        {
            var directive = value[range].Trim(" \t"u8);
            if (directive.Length <= 8 || !Ascii.EqualsIgnoreCase(directive[..8], "max-age="u8))
                continue;
            if (directive.Length == value.Length)
                return HeaderVerdict.Keep;
            output.Write(directive);
            return HeaderVerdict.Replaced;
        }

        return HeaderVerdict.Dropped;
    }

    internal static HeaderVerdict Drop(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) => HeaderVerdict.Dropped;

    internal static HeaderVerdict DropIfBodyMayChange(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        exchange.SpeaksOfOtherBytes ? HeaderVerdict.Dropped : HeaderVerdict.Keep;

    /// <summary>RFC 9110 section 14.3: offsets into the origin's bytes are none into ours (R8).</summary>
    internal static HeaderVerdict AcceptRanges(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!exchange.SpeaksOfOtherBytes)
            return HeaderVerdict.Keep;
        output.Write("none"u8);
        return HeaderVerdict.Replaced;
    }

    private static bool TryMapReference(ReadOnlySpan<byte> text, RewriteRules rules, IBufferWriter<byte> output)
    {
        if (!text.StartsWith("/"u8) || (text.Length > 1 && WebUrl.IsSlash(text[1])))
            return rules.Map.ToClient.TryMap(text, output);
        ReadOnlySpan<byte> basePath = rules.BasePath;
        if (basePath.IsEmpty)
            return false;
        if (UrlTable.IsUnder(text, basePath))
        {
            var rest = text[basePath.Length..];
            output.Write(rest.StartsWith("/"u8) ? default : "/"u8);
            output.Write(rest);
            return true;
        }

        Encoding.UTF8.GetBytes(rules.Self.Origin.ToString(), output);
        output.Write(text);
        return true;
    }

    // Whether it was mapped.
    private static bool WriteOfLink(ReadOnlySpan<byte> before, byte open, ReadOnlySpan<byte> text, RewriteRules rules, ArrayBufferWriter<byte> output)
    {
        if (open == '"' && HeaderText.EndsWithName(before, "imagesrcset"u8))
            return BodyRewriter.RewriteAll(rules.Map.ToClient, ScanFlags.None, text, output) > 0;
        var isTarget = open == '<' || HeaderText.EndsWithName(before, "anchor"u8) || !before.TrimEnd(" \t"u8).EndsWith("="u8);
        if (isTarget && TryMapReference(text.Trim(" \t"u8), rules, output))
            return true;
        output.Write(text);
        return false;
    }
}
