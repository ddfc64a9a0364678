using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>Applies the rules, which work on bytes, to the texts in which the framework keeps field values. Latin-1 loses nothing either way.</summary>
internal static class FieldValue
{
    private const int OnStack = 512;

    /// <summary>The new value of a field line; the same text if it stays, null if it is dropped.</summary>
    public static string? Map(string value, HeaderRule rule, RewriteRules rules, in Exchange context, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        Span<byte> bytes = value.Length <= OnStack ? stackalloc byte[OnStack] : new byte[value.Length];
        bytes = bytes[..Encoding.Latin1.GetBytes(value, bytes)];
        return rule(bytes, rules, context, scratch) switch
        {
            HeaderVerdict.Keep => value,
            // Which is what nearly every Host becomes.
            HeaderVerdict.Replaced when Ascii.Equals(scratch.WrittenSpan, rules.OriginHost) => rules.OriginHost,
            HeaderVerdict.Replaced => Encoding.Latin1.GetString(scratch.WrittenSpan),
            HeaderVerdict.Dropped => null,
        };
    }
}
