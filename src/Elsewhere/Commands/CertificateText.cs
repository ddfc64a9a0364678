using System.Globalization;
using Elsewhere.Serving.Status;

namespace Elsewhere.Commands;

/// <summary>The certificate that clients are shown, for people.</summary>
internal static class CertificateText
{
    internal static IEnumerable<string> Lines(CertificateStatus shown)
    {
        if (shown.Secret is { } secret)
            yield return $"of the Secret {secret}, issued by {shown.Issuer}, valid until {Time(shown.NotAfter!.Value)}";
        else
            yield return $"of the {shown.Issuer?.Replace("CN=", "", StringComparison.Ordinal) ?? "alias CA"}{(shown.NotAfter is { } end ? $", valid until {Time(end)}" : "")}";
        if (shown.NotNamed.Count > 0)
            yield return $"for {string.Join(", ", shown.NotNamed)} one of the alias CA: the Secret's does not name them";
        if (shown.Problem is { } problem)
            yield return shown.Secret is null ? $"not the Secret's: {problem}" : $"the Secret holds another by now, which cannot be used: {problem}";
    }

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
