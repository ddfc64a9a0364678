using System.Globalization;

namespace Elsewhere.Model;

/// <summary>
/// What to write instead of an <c>externalName</c> that Kubernetes refuses. Its own message only quotes the rule; mostly the text is a URL, or has a port, and
/// the way out follows from that.
/// </summary>
public static class ExternalNameAdvice
{
    /// <summary>The advice for a text; empty if nothing is wrong with it that is recognised here.</summary>
    /// <param name="text">The field's value as it was written.</param>
    /// <param name="about">The Service.</param>
    /// <param name="place">Where it was written.</param>
    public static Seq<Finding> For(string? text, ObjectRef about, SourcePlace? place)
    {
        ArgumentNullException.ThrowIfNull(about);
        if (string.IsNullOrWhiteSpace(text))
            return [];
        var (code, message, remedy) = Judge(text.Trim(), about);
        return code is null ? [] : [code.On(about, "spec.externalName", message, remedy, place)];
    }

    private static (FindingCode? Code, string Message, string Remedy) Judge(string text, ObjectRef about)
    {
        var rest = text;
        var scheme = rest.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
            rest = rest[(scheme + 3)..];
        else if (rest.StartsWith("//", StringComparison.Ordinal))
            rest = rest[2..];
        var end = rest.AsSpan().IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var (host, port) = Split(authority);
        if (rest.Length != text.Length || end >= 0)
        {
            return (
                FindingCodes.ExternalNameIsUrl,
                $"'{text}' is a URL, or part of one; externalName takes a bare name, and clients bring scheme, port and path themselves",
                Bare(host) is { } name
                    ? $"Write externalName: {name}{(port.Length > 0 ? $" and let clients dial port {port}" : "")}; or an Alias (elsewhere.dev/v1alpha1), whose origin is a URL."
                    : AddressRemedy(host, port, about));
        }

        if (port.Length > 0)
        {
            return (
                FindingCodes.ExternalNameHasPort,
                $"'{text}' has a port, but a CNAME points to a name only: clients dial the port that they name",
                Bare(host) is { } name
                    ? $"Write externalName: {name}; to have a port mapped, take an Alias with the origin tcp://{name}:{port} and mode: Endpoints."
                    : AddressRemedy(host, port, about));
        }

        if (IPText.TryParse(host, out _))
            return (FindingCodes.ExternalNameIsAddress, $"'{text}' is an address, and a CNAME points to names only", AddressRemedy(host, port, about));
        if (text.Any(char.IsAsciiLetterUpper) && Bare(text) is { } lower)
            return (FindingCodes.ExternalNameUpperCase, $"'{text}' has upper-case letters, which Kubernetes refuses", $"Write externalName: {lower}");
        return Bare(text) == text.TrimEnd('.')
            ? default
            : (FindingCodes.ExternalNameNotHostName, $"'{text}' is no host name: {Trouble(text)}", Remedy(text));
    }

    private static (string Host, string Port) Split(string authority)
    {
        if (authority.StartsWith('[') && authority.IndexOf(']', StringComparison.Ordinal) is var close and > 0)
            return (authority[1..close], authority[(close + 1)..].TrimStart(':'));
        var colon = authority.IndexOf(':', StringComparison.Ordinal);

        // More than one colon is an IPv6 address without brackets.
        return colon < 0 || colon != authority.LastIndexOf(':')
            ? (authority, "")
            : (authority[..colon], authority[(colon + 1)..]);
    }

    // The name in lower case, if it is one and no address.
    private static string? Bare(string host)
    {
        var name = host.TrimEnd('.').ToLowerInvariant();
        return name.Length is > 0 and <= 253 && !IPText.TryParse(name, out _) && name.Split('.').All(IsLabel) ? name : null;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string AddressRemedy(string host, string port, ObjectRef about) =>
        IPText.TryParse(host, out var address)
            ? $"Remove type and externalName, give the Service its ports, and list {address}{(port.Length > 0 ? $" with port {port}" : "")} in an EndpointSlice labelled "
                + $"kubernetes.io/service-name: {about.Name}"
            : "Write the origin's name, such as externalName: api.example.com";

    private static string Trouble(string text)
    {
        foreach (var c in text)
        {
            if (c == '*')
                return "a wildcard stands for names that are asked for, not for one to point to";
            if (c == '_')
                return "Kubernetes allows no underscore, although DNS does";
            if (c > 0x7e)
                return $"it has the character '{c}'";
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
                return string.Create(CultureInfo.InvariantCulture, $"it has the character '{c}'");
        }

        return text.Length > 253 ? "it is longer than 253 characters" : "a label is empty, longer than 63 characters, or begins or ends with a hyphen";
    }

    private static string Remedy(string text)
    {
        if (text.Any(c => c > 0x7e))
        {
            try
            {
                return $"Write externalName: {new IdnMapping().GetAscii(text.TrimEnd('.')).ToLowerInvariant()}";
            }
            catch (ArgumentException)
            {
                return "Write the name in its xn-- form.";
            }
        }

        return text.Contains('_', StringComparison.Ordinal)
            ? "Take another name of the same host (a CNAME of your own without the underscore), or list its addresses in an EndpointSlice."
            : "Write the origin's full name, such as externalName: api.example.com";
    }
}
