using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>What a client says it takes (RFC 9110 section 12.5.1), as far as it decides the form of an error.</summary>
internal static class AcceptField
{
    /// <summary>
    /// Whether a client names JSON, and not text with a higher weight. Who takes anything gets text: browsers, and programs that did not think of errors.
    /// </summary>
    /// <param name="value">The field's value; several fields, joined by commas.</param>
    public static bool PrefersJson(ReadOnlySpan<byte> value)
    {
        // Nearly no request does: this is looked at for each.
        if (value.IndexOf("json"u8) < 0 && value.IndexOf("JSON"u8) < 0)
            return false;
        int json = 0, text = 0;
        foreach (var part in value.Split((byte)','))
        {
            var range = value[part];
            var end = range.IndexOf((byte)';');
            var type = (end < 0 ? range : range[..end]).Trim(" \t"u8);
            if (EndsWith(type, "/json"u8) || EndsWith(type, "+json"u8))
                json = Math.Max(json, QualityValue.Of(range));
            else if (type.Length > 5 && Ascii.EqualsIgnoreCase(type[..5], "text/"u8))
                text = Math.Max(text, QualityValue.Of(range));
        }

        return json > 0 && json >= text;
    }

    private static bool EndsWith(ReadOnlySpan<byte> type, ReadOnlySpan<byte> end) => type.Length > end.Length && Ascii.EqualsIgnoreCase(type[^end.Length..], end);
}
