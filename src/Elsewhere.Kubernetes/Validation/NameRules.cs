using System.Buffers;
using System.Text;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// What names may look like, each rule with the complaints the API server has (apimachinery <c>pkg/util/validation</c>). Lengths are bytes of UTF-8.
/// </summary>
internal static class NameRules
{
    private const string LabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string LabelWords = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
        + " (e.g. 'my-name',  or '123-abc', regex used for validation is '" + LabelFormat + "')";
    private const string SubdomainWords = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'example.com', regex used for validation is '" + LabelFormat + @"(\." + LabelFormat + ")*')";
    private const string QualifiedTail = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" + QualifiedFormat + "')";
    private const string LabelValueWords = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(" + QualifiedFormat + ")?')";
    private const string ConfigKeyWords = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        + " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    private static readonly SearchValues<char> LabelChars = SearchValues.Create("-abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> QualifiedChars = SearchValues.Create("-_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> HostChars = SearchValues.Create("-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    // Most names are valid: that costs nothing. Nobody adds to it.
    private static readonly List<string> None = [];

    /// <summary>An RFC 1123 label in lower case.</summary>
    public static List<string> Label(string value)
    {
        if (value.Length <= 63 && IsLabel(value))
            return None;
        var complaints = TooLong(value, 63);
        if (!IsLabel(value))
            complaints.Add(IsSubdomain(value) ? "must not contain dots" : LabelWords);
        return complaints;
    }

    /// <summary>An RFC 1123 subdomain in lower case.</summary>
    public static List<string> Subdomain(string value) => Subdomain(value, "characters");

    private static List<string> Subdomain(string value, string unit)
    {
        if (value.Length <= 253 && IsSubdomain(value))
            return None;
        var complaints = TooLong(value, 253, unit);
        if (!IsSubdomain(value))
            complaints.Add(SubdomainWords);
        return complaints;
    }

    /// <summary>A name with an optional prefix, <c>example.com/name</c>: the key of a label. This rule and that of values (<c>pkg/api/validate/content</c>)
    /// count in bytes by name; the older rules say characters.</summary>
    public static List<string> Qualified(string value)
    {
        if (value.Length <= 63 && IsQualifiedPart(value))
            return None;
        var complaints = new List<string>();
        var name = value;
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            name = value[(slash + 1)..];
            if (name.Contains('/', StringComparison.Ordinal))
                return ["a valid label key " + QualifiedTail + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];
            if (slash == 0)
                complaints.Add("prefix part must be non-empty");
            else
                complaints.AddRange(Subdomain(value[..slash], "bytes").Select(c => "prefix part " + c));
        }

        if (name.Length == 0)
            complaints.Add("name part must be non-empty");
        else
            complaints.AddRange(TooLong(name, 63, "bytes").Select(c => "name part " + c));
        if (!IsQualifiedPart(name))
            complaints.Add("name part " + QualifiedTail);
        return complaints;
    }

    /// <summary>The value of a label.</summary>
    public static List<string> LabelValue(string value)
    {
        if (value.Length <= 63 && (value.Length == 0 || IsQualifiedPart(value)))
            return None;
        var complaints = TooLong(value, 63, "bytes");
        if (value.Length > 0 && !IsQualifiedPart(value))
            complaints.Add(LabelValueWords);
        return complaints;
    }

    /// <summary>The name of a container's port (RFC 6335).</summary>
    public static List<string> PortName(string value)
    {
        var complaints = TooLong(value, 15);
        if (value.Length == 0 || value.AsSpan().ContainsAnyExcept(LabelChars))
            complaints.Add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        if (!value.AsSpan().ContainsAnyInRange('a', 'z'))
            complaints.Add("must contain at least one letter (a-z)");
        if (value.Contains("--", StringComparison.Ordinal))
            complaints.Add("must not contain consecutive hyphens");
        if (value.StartsWith('-') || value.EndsWith('-'))
            complaints.Add("must not begin or end with a hyphen");
        return complaints;
    }

    /// <summary>A key of a Secret or a ConfigMap: it becomes the name of a file.</summary>
    public static List<string> ConfigKey(string value)
    {
        var complaints = TooLong(value, 253);
        if (value.Length == 0 || value.AsSpan().ContainsAnyExcept(QualifiedChars))
            complaints.Add(ConfigKeyWords);
        if (value is "." or "..")
            complaints.Add($"must not be '{value}'");
        else if (value.StartsWith("..", StringComparison.Ordinal))
            complaints.Add("must not start with '..'");
        return complaints;
    }

    /// <summary>A prefix for generated names: a dash at its end is allowed.</summary>
    public static string MaskTrailingDash(string value) => value.Length > 1 && value.EndsWith('-') ? value[..^2] + "a" : value;

    /// <summary>Whether a text names a host: labels of letters, digits, dash and underscore, not an address, at most one dot at the end.</summary>
    public static bool IsHostName(string value)
    {
        var name = value.AsSpan();
        if (name.EndsWith("."))
            name = name[..^1];
        if (name.Length is 0 or > 253)
            return false;
        var last = name;
        foreach (var range in name.Split('.'))
        {
            last = name[range];
            if (last.Length is 0 or > 63 || last[0] == '-' || last[^1] == '-' || last.ContainsAnyExcept(HostChars))
                return false;
        }

        return last.ContainsAnyExceptInRange('0', '9');
    }

    private static List<string> TooLong(string value, int most, string unit = "characters") =>
        value.Length > most / 4 && Encoding.UTF8.GetByteCount(value) > most ? [$"must be no more than {most} {unit}"] : [];

    private static bool IsLabel(ReadOnlySpan<char> value) =>
        !value.IsEmpty && value[0] != '-' && value[^1] != '-' && !value.ContainsAnyExcept(LabelChars);

    private static bool IsSubdomain(ReadOnlySpan<char> value)
    {
        foreach (var range in value.Split('.'))
        {
            if (!IsLabel(value[range]))
                return false;
        }

        return true;
    }

    private static bool IsQualifiedPart(ReadOnlySpan<char> value) =>
        !value.IsEmpty && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[^1]) && !value.ContainsAnyExcept(QualifiedChars);
}
