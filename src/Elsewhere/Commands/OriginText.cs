using System.Globalization;
using Elsewhere.Serving.Status;

namespace Elsewhere.Commands;

/// <summary>How an origin does, for people.</summary>
internal static class OriginText
{
    /// <summary>One line for each address, the origin in front of the first.</summary>
    internal static IEnumerable<(string Left, string Right)> Lines(OriginStatus origin)
    {
        var left = origin.Url;
        if (origin.Addresses.Count == 0)
        {
            yield return (left, origin.Problem is { } problem ? $"no address: {problem}" : "no address yet");
            yield break;
        }

        var ttl = origin.Ttl is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"  TTL {seconds:0}") : "";
        foreach (var address in origin.Addresses)
        {
            yield return (left, $"{address.Address} {Health(address)}{ttl}");
            (left, ttl) = ("", "");
        }

        if (origin.Problem is { } late)
            yield return ("", $"the name did not resolve at the last try, and the last good answer serves: {late}");
    }

    private static string Health(OriginAddressStatus address)
    {
        var since = address.Since is { } at ? $" since {CertificateText.Time(at)}" : "";
        var before = address.Health == OriginHealth.Healthy && address.LastError is { } error
            ? $"; last error{(address.LastErrorAt is { } when ? $" {CertificateText.Time(when)}" : "")}: {error}"
            : "";
        return $"{address.Health}{since}{(address.Reason is { } reason ? $": {reason}" : "")}{before}";
    }
}
