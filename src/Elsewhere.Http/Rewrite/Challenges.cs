using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>WWW-Authenticate.</summary>
internal static class Challenges
{
    /// <summary>
    /// RFC 9110 section 11.6.1: URLs in challenges. The realm of Digest is hashed with the password (RFC 7616 section 3.4.2) and stays, since the
    /// origin hashes its own.
    /// </summary>
    internal static HeaderVerdict Rule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Headers)
            return HeaderVerdict.Keep;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        var table = rules.Map.ToClient;
        long hits = 0;
        var isDigest = false;
        for (var at = 0; at < value.Length;)
        {
            var quote = value[at..].IndexOf((byte)'"');
            var open = quote < 0 ? value.Length : at + quote + 1;
            var plain = value[at..open];
            isDigest = IsDigest(plain, isDigest);
            hits += BodyRewriter.RewriteAll(table, ScanFlags.None, plain, scratch);
            at = HeaderText.EndOf(value, open, (byte)'"');
            var text = value[open..at];
            if (isDigest && HeaderText.EndsWithName(value[..Math.Max(0, open - 1)], "realm"u8))
                scratch.Write(text);
            else
                hits += BodyRewriter.RewriteAll(table, ScanFlags.None, text, scratch);
            if (at < value.Length)
                scratch.Write(value.Slice(at++, 1));
        }

        return HeaderText.Finish(hits > 0, scratch, output);
    }

    // A scheme is a word that no "=" follows: alone between commas, or in front of a blank.
    private static bool IsDigest(ReadOnlySpan<byte> plain, bool before)
    {
        foreach (var range in plain.Split((byte)','))
        {
            var item = plain[range].Trim(" \t\""u8);
            var end = item.IndexOfAny((byte)' ', (byte)'\t', (byte)'=');
            var word = end < 0 ? item : item[..end];
            var rest = end < 0 ? default : item[end..].TrimStart(" \t"u8);
            if (!word.IsEmpty && !rest.StartsWith("="u8))
                before = Ascii.EqualsIgnoreCase(word, "Digest"u8);
        }

        return before;
    }
}
