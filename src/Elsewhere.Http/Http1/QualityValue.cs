using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>The weight of an element of Accept, Accept-Encoding and their like (RFC 9110 section 12.4.2).</summary>
internal static class QualityValue
{
    /// <summary>The weight of an element that has none.</summary>
    internal const int Full = 1000;

    /// <summary>Reads it.</summary>
    /// <param name="parameters">All parameters of the element, its name before the first semicolon or not.</param>
    /// <returns>In thousandths, from 0 to <see cref="Full"/>; what is no weight is a full one.</returns>
    internal static int Of(ReadOnlySpan<byte> parameters)
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
