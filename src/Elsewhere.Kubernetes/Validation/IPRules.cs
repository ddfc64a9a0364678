using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// Rules and warnings for addresses and ranges (apimachinery <c>pkg/util/validation/ip.go</c>, with strict validation as in 1.36): what an old object
/// has already stays valid.
/// </summary>
internal static class IPRules
{
    /// <summary>A valid address, whether canonical or not.</summary>
    /// <returns>Whether there is no complaint.</returns>
    public static bool Address(FieldErrors errors, FieldPath path, string value, List<string>? old = null)
    {
        if (old?.Contains(value) == true)
            return true;
        var before = errors.Count;
        if (!GoIP.TryParse(value, out var address))
        {
            errors.Invalid(path, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
            return false;
        }

        if (address.LeadingZeros)
            errors.Invalid(path, value, "must not have leading 0s");
        else if (address.Is4In6)
            errors.Invalid(path, value, "must not be an IPv4-mapped IPv6 address");
        return errors.Count == before;
    }

    /// <summary>An address that traffic can be sent to.</summary>
    public static void Endpoint(FieldErrors errors, FieldPath path, string value)
    {
        if (!GoIP.TryParse(value, out var address))
        {
            errors.Invalid(path, value, "must be a valid IP address");
            return;
        }

        if (address.IsUnspecified)
            errors.Invalid(path, value, $"may not be unspecified ({value})");
        if (address.IsLoopback)
            errors.Invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        if (address.IsLinkLocalUnicast)
            errors.Invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        if (address.IsLinkLocalMulticast)
            errors.Invalid(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }

    /// <summary>A range without bits behind its prefix.</summary>
    public static void Range(FieldErrors errors, FieldPath path, string value, List<string>? old = null)
    {
        if (old?.Contains(value) == true)
            return;
        if (!TryRange(value, out var address, out var prefix, out var prefixZeros))
            errors.Invalid(path, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        else if (address.LeadingZeros || prefixZeros)
            errors.Invalid(path, value, "must not have leading 0s in IP or prefix length");
        else if (address.Is4In6)
            errors.Invalid(path, value, "must not have an IPv4-mapped IPv6 address");
        else if (address.Masked(prefix) != address)
            errors.Invalid(path, value, "must not have bits set beyond the prefix length");
    }

    /// <summary>Warns of an address in an unusual spelling.</summary>
    public static void WarnAddress(List<string> warnings, string path, string value)
    {
        if (!GoIP.TryParse(value, out var address))
            return;
        if (address.LeadingZeros || address.Is4In6)
            warnings.Add($"{path}: non-standard IP address {GoText.Quote(value)} is invalid: use {GoText.Quote(address.ToString())}");
        else if (!address.Is4 && address.ToString() != value)
            warnings.Add($"{path}: IPv6 address {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(address.ToString())})");
    }

    /// <summary>Warns of a range in an unusual spelling.</summary>
    public static void WarnRange(List<string> warnings, string path, string value)
    {
        if (!TryRange(value, out var address, out var prefix, out var prefixZeros))
            return;
        var network = address.Masked(prefix);
        var length = address.Is4 && prefix >= 96 ? prefix - 96 : prefix;
        var canonical = $"{network}/{length}";
        var before = warnings.Count;
        if (network.Bits != address.Bits)
            warnings.Add($"{path}: CIDR value {GoText.Quote(value)} is ambiguous in this context (should be {GoText.Quote(canonical)} or {GoText.Quote($"{address}/{(address.Colons ? 128 : 32)}")}?)");
        if (address.LeadingZeros || prefixZeros || address.Is4In6)
            warnings.Add($"{path}: non-standard CIDR value {GoText.Quote(value)} is invalid: use {GoText.Quote(canonical)}");
        if (warnings.Count == before && !address.Is4 && canonical != value)
            warnings.Add($"{path}: IPv6 CIDR value {GoText.Quote(value)} should be in RFC 5952 canonical format ({GoText.Quote(canonical)})");
    }

    // The prefix comes back as one of 128 bits.
    private static bool TryRange(string value, out GoIP address, out int prefix, out bool prefixZeros)
    {
        address = default;
        prefix = 0;
        prefixZeros = false;
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !GoIP.TryParse(value[..slash], out address))
            return false;
        var digits = value.AsSpan(slash + 1);
        if (digits.IsEmpty || digits.Length > 6 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
            || prefix > (address.Colons ? 128 : 32))
            return false;
        prefixZeros = digits.Length > 1 && digits[0] == '0';
        if (!address.Colons)
            prefix += 96;
        return true;
    }
}
