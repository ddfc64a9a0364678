using System.Globalization;
using System.Text;

namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>
/// What an untagged YAML scalar means to the API server, which reads YAML as sigs.k8s.io/yaml does: YAML 1.1 booleans and octals,
/// no sexagesimal numbers, time stamps stay strings.
/// </summary>
internal static class YamlScalar
{
    /// <summary>Resolves a plain scalar, or one with an explicit core tag.</summary>
    /// <param name="text">The scalar's text.</param>
    /// <param name="tag">Empty, or a tag such as <c>tag:yaml.org,2002:int</c>.</param>
    /// <param name="line">Where it was written.</param>
    /// <param name="why">The reader's complaint, if there is one.</param>
    public static Node Resolve(string text, string tag, int line, out string? why)
    {
        why = null;
        const string core = "tag:yaml.org,2002:";
        var shortTag = tag.StartsWith(core, StringComparison.Ordinal) ? tag[core.Length..] : tag;
        switch (shortTag)
        {
            case "str":
                return Node.String(text, line);
            case "binary":
                return Binary(text, line, out why);
            case "" or "bool" or "int" or "float" or "null" or "timestamp":
                break;
            default:
                return Node.String(text, line);
        }

        var node = Guess(text, line, out var unsupported);
        why = unsupported;
        if (shortTag.Length == 0 || why is not null)
            return node;
        var fits = shortTag switch
        {
            "bool" => node.Kind == NodeKind.Bool,
            "int" => node.Kind == NodeKind.Number && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            "float" => node.Kind == NodeKind.Number,
            "null" => node.Kind == NodeKind.Null,
            _ => node.Kind == NodeKind.String,
        };
        if (!fits)
            why = $"cannot decode !!{TagOf(node)} `{text}` as a !!{shortTag}";
        return node;
    }

    /// <summary>A number as Go's JSON encoder writes a float64.</summary>
    public static string GoFloat(double value)
    {
        var sign = double.IsNegative(value) ? "-" : "";
        if (value == 0)
            return sign + "0";
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        var zeros = digits.Length - digits.TrimStart('0').Length;
        var mantissa = digits.Trim('0');
        var exponent = (point < 0 ? parts[0].Length : point) - 1 - zeros
            + (parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        if (exponent is < -6 or >= 21)
            return $"{sign}{mantissa[0]}{(mantissa.Length > 1 ? "." + mantissa[1..] : "")}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}";
        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + mantissa;
        return mantissa.Length <= exponent + 1
            ? sign + mantissa.PadRight(exponent + 1, '0')
            : $"{sign}{mantissa[..(exponent + 1)]}.{mantissa[(exponent + 1)..]}";
    }

    private static string TagOf(Node node) => node.Kind switch
    {
        NodeKind.Bool => "bool",
        NodeKind.Null => "null",
        NodeKind.Number => node.Text.AsSpan().ContainsAny('.', 'e') ? "float" : "int",
        _ => "str",
    };

    private static Node Binary(string text, int line, out string? why)
    {
        why = null;
        try
        {
            return Node.String(Encoding.UTF8.GetString(Convert.FromBase64String(text)), line);
        }
        catch (FormatException)
        {
            why = "!!binary value contains invalid base64 data";
            return Node.Null(line);
        }
    }

    private static Node Guess(string text, int line, out string? unsupported)
    {
        unsupported = null;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return Node.Null(line);
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return Node.Bool(true, line);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return Node.Bool(false, line);
            case ".nan" or ".NaN" or ".NAN":
                unsupported = "json: unsupported value: NaN";
                return Node.Null(line);
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                unsupported = "json: unsupported value: +Inf";
                return Node.Null(line);
            case "-.inf" or "-.Inf" or "-.INF":
                unsupported = "json: unsupported value: -Inf";
                return Node.Null(line);
        }

        if (text[0] is not ((>= '0' and <= '9') or '+' or '-' or '.'))
            return Node.String(text, line);
        var plain = text[0] == '.' ? text : text.Replace("_", "", StringComparison.Ordinal);
        if (text[0] != '.' && TryInteger(plain, out var integer))
            return Node.Number(integer, line);
        if (IsFloat(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
            return Node.Number(GoFloat(value), line);
        return Node.String(text, line);
    }

    /// <summary>Go's base-0 integers: 0x, 0o, 0b and the old leading zero, within int64 or uint64.</summary>
    private static bool TryInteger(string text, out string json)
    {
        json = "";
        var negative = text.StartsWith('-');
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        if (digits.Length == 0)
            return false;
        var style = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (style, digits) = digits[1] switch
            {
                'x' or 'X' => (16, digits[2..]),
                'o' or 'O' => (8, digits[2..]),
                'b' or 'B' => (2, digits[2..]),
                _ => (8, digits[1..]),
            };
        }

        if (digits.Length == 0)
            return false;
        UInt128 value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= style)
                return false;
            value = (value * (UInt128)style) + (UInt128)digit;
            if (value > ulong.MaxValue)
                return false;
        }

        if (negative && value > (UInt128)long.MaxValue + 1)
            return false;
        json = (negative && value != 0 ? "-" : "") + value.ToString(CultureInfo.InvariantCulture);
        return true;
    }

    // [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
    private static bool IsFloat(string text)
    {
        var i = text[0] is '+' or '-' ? 1 : 0;
        var whole = Digits(text, ref i);
        var fraction = 0;
        if (i < text.Length && text[i] == '.')
        {
            i++;
            fraction = Digits(text, ref i);
        }

        if (whole + fraction == 0)
            return false;
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
                i++;
            if (Digits(text, ref i) == 0)
                return false;
        }

        return i == text.Length;
    }

    private static int Digits(string text, ref int i)
    {
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        return i - start;
    }
}
