using System.Buffers;
using System.Text;
using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Rewrite;

/// <summary>Accept-Encoding (RFC 9110 section 12.5.3): where bodies may be mapped, the origin is offered only codings that can be undone (R3).</summary>
public static class AcceptEncoding
{
    internal static HeaderVerdict Rule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Bodies)
            return HeaderVerdict.Keep;
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 16);
        foreach (var range in value.Split((byte)','))
        {
            var item = value[range].Trim(" \t"u8);
            if (!IsKnown(NameOf(item)))
            {
                changed |= !item.IsEmpty;
                continue;
            }

            if (scratch.WrittenCount > 0)
                scratch.Write(", "u8);
            scratch.Write(item);
        }

        if (!changed)
            return HeaderVerdict.Keep;
        output.Write(scratch.WrittenCount == 0 ? "identity"u8 : scratch.WrittenSpan);
        return HeaderVerdict.Replaced;
    }

    /// <summary>
    /// How the client gets a mapped body: identity where it takes that (the usual client stands in the same cluster, and coding costs more than all the rest);
    /// else the first that it takes of gzip, br and deflate.
    /// </summary>
    /// <param name="value">The client's Accept-Encoding; empty where absent.</param>
    /// <param name="preferCoded">Whether a coding is preferred to identity: the client is far away.</param>
    public static ContentCoding? ForClient(ReadOnlySpan<byte> value, bool preferCoded)
    {
        if (!preferCoded && QualityOf(value, "identity"u8, 1) > 0)
            return null;
        foreach (var coding in (ReadOnlySpan<ContentCoding>)[ContentCoding.Gzip, ContentCoding.Brotli, ContentCoding.Deflate])
        {
            if (QualityOf(value, ContentCodings.NameOf(coding), 0) > 0)
                return coding;
        }

        return null;
    }

    // "*" stands for zstd too.
    private static bool IsKnown(ReadOnlySpan<byte> name) => ContentCodings.TryParse(name, out _) || Ascii.EqualsIgnoreCase(name, "identity"u8);

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> item)
    {
        var end = item.IndexOf((byte)';');
        return (end < 0 ? item : item[..end]).Trim(" \t"u8);
    }

    // In thousandths; what is not named has the quality of "*", or the one given.
    private static int QualityOf(ReadOnlySpan<byte> value, ReadOnlySpan<byte> coding, int unnamed)
    {
        foreach (var range in value.Split((byte)','))
        {
            var item = value[range].Trim(" \t"u8);
            var name = NameOf(item);
            if (Ascii.EqualsIgnoreCase(name, coding))
                return QualityValue.Of(item);
            if (name.SequenceEqual("*"u8))
                unnamed = QualityValue.Of(item);
        }

        return unnamed;
    }
}
