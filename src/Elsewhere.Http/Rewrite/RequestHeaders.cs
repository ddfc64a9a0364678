using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>Request fields, in the origin's terms.</summary>
internal static class RequestHeaders
{
    /// <summary>
    /// The request target for the origin (RFC 9112 section 3.2): the base path in front of the client's path. A target that lies under the base path already
    /// is not moved, since pages refer to their own paths as the origin knows them.
    /// </summary>
    /// <param name="target">In origin form, <c>/path?query</c>; or <c>*</c>, which stays.</param>
    /// <param name="rules">The alias' rules.</param>
    /// <param name="output">Gets the new target.</param>
    internal static HeaderVerdict Target(ReadOnlySpan<byte> target, RewriteRules rules, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> basePath = rules.BasePath;
        if (basePath.IsEmpty || !target.StartsWith("/"u8) || UrlTable.IsUnder(target, basePath))
            return HeaderVerdict.Keep;
        output.Write(basePath);
        output.Write(target);
        return HeaderVerdict.Replaced;
    }

    internal static HeaderVerdict Host(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        switch (rules.Host)
        {
            case HostPolicy.Alias:
                return HeaderVerdict.Keep;
            case HostPolicy.Literal:
                Encoding.UTF8.GetBytes(rules.HostLiteral, output);
                return HeaderVerdict.Replaced;
            case HostPolicy.Origin:
                break;
        }

        Encoding.UTF8.GetBytes(rules.OriginHost, output);
        return HeaderVerdict.Replaced;
    }

    /// <summary><c>null</c> and the origins of other pages stay (RFC 6454 section 7).</summary>
    internal static HeaderVerdict Origin(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Headers ? HeaderText.MapOrigins(value, rules.Map.ToOrigin, output) : HeaderVerdict.Keep;

    internal static HeaderVerdict Url(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Headers && rules.Map.ToOrigin.TryMap(value, output) ? HeaderVerdict.Replaced : HeaderVerdict.Keep;

    /// <summary>RFC 4918 section 10.3: an absolute URL or an absolute path. A server refuses a destination on a host that is not its own.</summary>
    internal static HeaderVerdict Destination(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        if (value.StartsWith("/"u8) && !value.StartsWith("//"u8))
            return Target(value, rules, output);
        return rules.Map.ToOrigin.TryMap(value, output) ? HeaderVerdict.Replaced : HeaderVerdict.Keep;
    }

    /// <summary>RFC 4918 section 10.4: the tagged lists name resources, <c>&lt;http://alias/x&gt; (&lt;lock token&gt;)</c>.</summary>
    internal static HeaderVerdict WebDavIf(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Headers ? HeaderText.MapBracketed(value, rules.Map.ToOrigin, output) : HeaderVerdict.Keep;

    /// <summary>Gives the names back that <see cref="SetCookie"/> had to change.</summary>
    internal static HeaderVerdict Cookie(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Cookies || rules.Self.Client.Secure || value.IndexOf(SetCookie.RenamedPrefix) < 0)
            return HeaderVerdict.Keep;
        var start = 0;
        while (start < value.Length)
        {
            var end = value[start..].IndexOf((byte)';');
            var cookie = end < 0 ? value[start..] : value.Slice(start, end + 1);
            var name = cookie.TrimStart(" \t"u8);
            output.Write(cookie[..^name.Length]);
            output.Write(name.StartsWith(SetCookie.RenamedPrefix) ? name[SetCookie.RenamedPrefix.Length..] : name);
            start += cookie.Length;
        }

        return HeaderVerdict.Replaced;
    }

    /// <summary>
    /// A range of a body that we map would not fit. Only a validator tells before the answer: <see cref="EntityTags.IsMarked"/>; the engine then drops Range. Where
    /// the answer is a 206 of a type that is mapped (<see cref="BodyVerdict.PartialContent"/>), it asks again without Range.
    /// </summary>
    internal static HeaderVerdict Range(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Bodies && exchange.Revalidated ? HeaderVerdict.Dropped : HeaderVerdict.Keep;

    internal static HeaderVerdict DropForBodies(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Bodies ? HeaderVerdict.Dropped : HeaderVerdict.Keep;
}
