using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What earlier proxies said about the request, in the origin's terms (see <see cref="ForwardedPolicy"/>).</summary>
internal static class ForwardedHeaders
{
    internal static HeaderVerdict Host(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Host == HostPolicy.Alias && rules.Forwarded == ForwardedPolicy.Mapped
            ? HeaderVerdict.Keep
            : Say(rules, rules.Host == HostPolicy.Literal ? rules.HostLiteral : rules.Self.Origin.HostAndPort, output);

    internal static HeaderVerdict Proto(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        Say(rules, rules.Self.Origin.Scheme, output);

    internal static HeaderVerdict Ssl(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        Say(rules, rules.Self.Origin.Secure ? "on" : "off", output);

    internal static HeaderVerdict Port(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        Say(rules, rules.Self.Origin.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), output);

    /// <summary>The prefix that the client sees is none of the origin's.</summary>
    internal static HeaderVerdict Prefix(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) => HeaderVerdict.Dropped;

    internal static HeaderVerdict For(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output) =>
        rules.Forwarded == ForwardedPolicy.Off ? HeaderVerdict.Dropped : HeaderVerdict.Keep;

    /// <summary>RFC 7239 section 4: <c>for=..;host=..;proto=..</c>; host and proto are mapped, for and by stay.</summary>
    internal static HeaderVerdict Forwarded(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (rules.Forwarded == ForwardedPolicy.Off)
            return HeaderVerdict.Dropped;
        var at = 0;
        while (at < value.Length)
        {
            var end = at;
            for (var quoted = false; end < value.Length && (quoted || value[end] is not ((byte)';' or (byte)',')); end++)
            {
                if (value[end] == '"')
                    quoted = !quoted;
                else if (quoted && value[end] == '\\' && end + 1 < value.Length)
                    end++;
            }

            var pair = value[at..end];
            var name = pair.TrimStart(" \t"u8);
            output.Write(pair[..^name.Length]);
            if (StartsWith(name, "host="u8) && rules.Host != HostPolicy.Alias)
            {
                output.Write("host=\""u8);
                Encoding.UTF8.GetBytes(rules.Host == HostPolicy.Literal ? rules.HostLiteral : rules.Self.Origin.HostAndPort, output);
                output.Write("\""u8);
            }
            else if (StartsWith(name, "proto="u8))
            {
                output.Write("proto="u8);
                Encoding.UTF8.GetBytes(rules.Self.Origin.Scheme, output);
            }
            else
            {
                output.Write(name);
            }

            at = end;
            if (at < value.Length)
                output.Write(value.Slice(at++, 1));
        }

        return HeaderVerdict.Replaced;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name) =>
        text.Length >= name.Length && Ascii.EqualsIgnoreCase(text[..name.Length], name);

    private static HeaderVerdict Say(RewriteRules rules, string text, IBufferWriter<byte> output)
    {
        if (rules.Forwarded == ForwardedPolicy.Off)
            return HeaderVerdict.Dropped;
        Encoding.UTF8.GetBytes(text, output);
        return HeaderVerdict.Replaced;
    }
}
