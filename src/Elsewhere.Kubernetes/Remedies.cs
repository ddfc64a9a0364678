using System.Text.RegularExpressions;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes;

/// <summary>What to type when the API server would refuse an object: its own messages quote the rule that is broken.</summary>
internal static partial class Remedies
{
    // A part of a message, and what helps then; the first that fits counts.
    private static readonly (string Part, string Remedy)[] Known =
    [
        ("may not be in the loopback range", "For an origin on this machine write an Alias with the origin tcp://ADDRESS:PORT, which may be a loopback address; in a Pod it would be the Pod itself."),
        ("may not be in the link-local", "Write an address that the origin has beyond its own link."),
        ("may not be unspecified", "Write the address that the origin listens on."),
        ("IPv4-mapped IPv6 address", "Write the IPv4 address itself."),
        ("must not have leading 0s", "Write the numbers of the address without leading zeros."),
        ("must be a valid CIDR value", "Write ADDRESS/LENGTH."),
        ("must be an IPv4 address", "Write an IPv4 address; those of another family belong into a slice of their own."),
        ("must be an IPv6 address", "Write an IPv6 address; those of another family belong into a slice of their own."),
        ("must be a valid IP address", "Write an IPv4 or IPv6 address; a name belongs into externalName, or into the origin of an Alias."),
        ("must be between 1 and 65535", "Write a port from 1 to 65535."),
        ("may not be set for ExternalName services", "Remove it, or remove type: ExternalName."),
        ("may only be used when `type` is 'LoadBalancer'", "Remove it; nothing balances loads here."),
        ("may only be set for externally-accessible services", "Remove it; it means something for types NodePort and LoadBalancer only."),
        ("field is immutable", "Keep the value; or delete the object, and create it anew."),
        ("may not change once set", "Keep the value; or delete the object, and create it anew."),
        ("name or generateName is required", "Write metadata.name."),
        ("the provided IP", "Remove it, so that a free address is chosen, or write one of that range."),
        ("Duplicate value", "Keep one of them."),
        ("key \"", "Keep one of them."),
        ("supported values: ", "Write one of these values."),
    ];

    /// <summary>The remedy for one cause.</summary>
    /// <param name="kind">Of the object.</param>
    /// <param name="cause">What is wrong.</param>
    public static string Of(ApiKind kind, ApiCause cause)
    {
        var message = cause.Message;
        if (cause.Reason == "FieldValueTypeInvalid")
            return OfCustomType(kind, cause);
        if (message.StartsWith("json: cannot unmarshal ", StringComparison.Ordinal))
            return OfType(kind, cause);
        if (message.StartsWith("unknown field", StringComparison.Ordinal))
            return OfUnknown(kind, cause.Field);

        // What to write instead of a URL, an address and so on is a finding of its own.
        if (cause.Field == "spec.externalName")
            return "";
        if (Named(message) is { } name)
            return $"Write {name}";
        if (Advised().Match(message) is { Success: true } advised)
            return $"Write {advised.Groups["what"].Value}";
        foreach (var (part, remedy) in Known)
        {
            if (message.Contains(part, StringComparison.Ordinal))
                return remedy;
        }

        return message.StartsWith("Required value", StringComparison.Ordinal) ? $"Write {cause.Field}. {Explain(kind, cause.Field)}" : Explain(kind, cause.Field);
    }

    // The likeliest mistake of all in YAML: a word or a version that is meant as text.
    private static string OfType(ApiKind kind, ApiCause cause) => cause.Message switch
    {
        _ when !cause.Message.EndsWith(" of type string", StringComparison.Ordinal) =>
            cause.Message.Contains("unmarshal string into", StringComparison.Ordinal) && IsNumber().IsMatch(cause.Message) ? "Write the number without quotes." : Explain(kind, cause.Field),
        _ when cause.Message.Contains("unmarshal bool ", StringComparison.Ordinal) => "Write the value in quotes: without them YAML takes Off, On, Yes and No for booleans.",
        _ when cause.Message.Contains("unmarshal number ", StringComparison.Ordinal) => "Write the value in quotes: without them YAML takes it for a number.",
        _ => Explain(kind, cause.Field),
    };

    private static string OfCustomType(ApiKind kind, ApiCause cause) => cause.Message switch
    {
        _ when cause.Message.EndsWith(" of type integer: \"string\"", StringComparison.Ordinal) => "Write the number without quotes.",
        _ when cause.Message.EndsWith(" of type string: \"boolean\"", StringComparison.Ordinal) => "Write the value in quotes: without them YAML takes Off, On, Yes and No for booleans.",
        _ when cause.Message.EndsWith(" of type string: \"integer\"", StringComparison.Ordinal) => "Write the value in quotes: without them YAML takes it for a number.",
        _ => Explain(kind, cause.Field),
    };

    private static string OfUnknown(ApiKind kind, string field)
    {
        var dot = field.LastIndexOf('.');
        var (parent, name) = dot < 0 ? ("", field) : (field[..dot], field[(dot + 1)..]);
        var meant = FieldsAt(kind, parent) is { } fields ? Nearest.To(name, fields, 1) : [];
        return meant.Count > 0 ? $"Did you mean {meant[0]}? {Explain(kind, parent)}" : $"Remove it. {Explain(kind, parent)}";
    }

    private static IEnumerable<string>? FieldsAt(ApiKind kind, string path)
    {
        FieldType type = kind.Schema;
        foreach (var step in Steps(path))
        {
            while (type is ListType list)
                type = list.Item;
            if (type is not StructType at || at.IndexOf(step) is not (>= 0 and var index))
                return null;
            type = at.Fields[index].Type;
        }

        while (type is ListType list)
            type = list.Item;
        return (type as StructType)?.Fields.Select(static field => field.Name);
    }

    private static string Explain(ApiKind kind, string path) =>
        $"What may stand there: kubectl explain {string.Join('.', Steps(path).Prepend(kind.Kind.ToLowerInvariant()))}";

    // Without the places in lists and the keys of maps.
    private static string[] Steps(string path) => Brackets().Replace(path, "").Split('.', StringSplitOptions.RemoveEmptyEntries);

    // A name that breaks the rule for labels, bent until it does not.
    private static string? Named(string message)
    {
        if (Label().Match(message) is not { Success: true } match)
            return null;
        var bent = NotInLabels().Replace(match.Groups["value"].Value.ToLowerInvariant(), "-");
        bent = Dashes().Replace(match.Groups["kind"].Value == "subdomain" ? bent : bent.Replace('.', '-'), "-").Trim('-', '.');
        return bent.Length is 0 or > 63 || bent == match.Groups["value"].Value || bent.Contains("..", StringComparison.Ordinal) ? null : bent;
    }

    [GeneratedRegex("""^Invalid value: "(?<value>[^"\\]+)": a lowercase RFC 1123 (?<kind>label|subdomain) must consist""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex("\\(write (?<what>[^)]+)\\)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Advised();

    [GeneratedRegex("[^a-z0-9.-]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NotInLabels();

    [GeneratedRegex("-{2,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Dashes();

    [GeneratedRegex("""\[[^\]]*\]""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Brackets();

    [GeneratedRegex(" of type u?int[0-9]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IsNumber();
}
