namespace Elsewhere.Model;

/// <summary>Why an alias of the gateway has no origin that could be asked: the words of its findings, so that a client is told what a user is.</summary>
public static class OriginLack
{
    // A header that cannot be sent takes all origins away. It is not the only thing that these codes speak of.
    private const string Headers = "spec.http.requestHeaders";
    private static readonly string[] ofHeaders = [FindingCodes.GatewayReferenceMissing.Name, FindingCodes.GatewayHeaderValue.Name];

    // Policies and weights take some away, which may be all.
    private static readonly string[] ofOrigins = [FindingCodes.OriginNotAllowed.Name, FindingCodes.AliasDrained.Name];

    /// <summary>The object and the key that are missing, or the policy that allows nothing, and what to do, as sentences; null if no finding says so.</summary>
    /// <param name="findings">What stands about the alias.</param>
    public static string? Explain(IEnumerable<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var all = findings as IReadOnlyCollection<Finding> ?? [.. findings];
        var lacking = ofHeaders.Select(code => all.FirstOrDefault(finding => finding.Code == code && finding.Field.StartsWith(Headers, StringComparison.Ordinal)))
            .Concat(ofOrigins.Select(code => all.FirstOrDefault(finding => finding.Code == code)))
            .FirstOrDefault(static finding => finding is not null);
        return lacking is null ? null : $"{lacking.Message}. {lacking.Remedy}";
    }
}
