namespace Elsewhere.Model;

/// <summary>Why an alias of the gateway has no origin that could be asked: the words of its findings, so that a client is told what a user is.</summary>
public static class OriginLack
{
    private const string Headers = "spec.http.requestHeaders";

    // A header that is missing takes all origins away; policies and weights some.
    private static readonly string[] order =
    [
        FindingCodes.GatewayReferenceMissing.Name, FindingCodes.GatewayHeaderValue.Name, FindingCodes.OriginNotAllowed.Name, FindingCodes.AliasDrained.Name,
    ];

    /// <summary>The object and the key that are missing, or the policy that allows nothing, and what to do, as sentences; null if no finding says so.</summary>
    /// <param name="findings">What stands about the alias.</param>
    public static string? Explain(IEnumerable<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        Finding? first = null;
        var rank = order.Length;
        foreach (var finding in findings)
        {
            var own = Array.IndexOf(order, finding.Code);
            if (own < 0 || own >= rank || (own < 2 && !finding.Field.StartsWith(Headers, StringComparison.Ordinal)))
                continue;
            (first, rank) = (finding, own);
        }

        return first is null ? null : $"{first.Message}. {first.Remedy}";
    }
}
