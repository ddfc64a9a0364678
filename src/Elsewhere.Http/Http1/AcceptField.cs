using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>What a client says it takes (RFC 9110 section 12.5.1), as far as it decides the form of an error.</summary>
internal static class AcceptField
{
    private const int Full = 1000;

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
                json = Math.Max(json, Weight(end < 0 ? default : range[end..]));
            else if (type.Length > 5 && Ascii.EqualsIgnoreCase(type[..5], "text/"u8))
                text = Math.Max(text, Weight(end < 0 ? default : range[end..]));
        }

        return json > 0 && json >= text;
    }

    private static bool EndsWith(ReadOnlySpan<byte> type, ReadOnlySpan<byte> end) => type.Length > end.Length && Ascii.EqualsIgnoreCase(type[^end.Length..], end);

    // In thousandths (RFC 9110 section 12.4.2); what is no weight is a full one.
    private static int Weight(ReadOnlySpan<byte> parameters)
    {
        foreach (var part in parameters.Split((byte)';'))
        {
            var parameter = parameters[part].Trim(" \t"u8);
            if (parameter.Length < 3 || !Ascii.EqualsIgnoreCase(parameter[..2], "q="u8))
                continue;
            var digits = parameter[2..];
            if (digits[0] != (byte)'0' || digits.Length > 5 || (digits.Length > 1 && digits[1] != (byte)'.'))
                return Full;
            int weight = 0, unit = Full;
            foreach (var digit in digits.Length < 3 ? default : digits[2..])
            {
                if (digit is < (byte)'0' or > (byte)'9')
                    return Full;
                weight += (digit - '0') * (unit /= 10);
            }

            return weight;
        }

        return Full;
    }
}
