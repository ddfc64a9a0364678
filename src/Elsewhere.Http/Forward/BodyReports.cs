using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>Counts the bodies that could not be mapped, or not to their end; one of each kind is told.</summary>
internal static class BodyReports
{
    /// <summary>What was decided before the body came: a text that goes on as the origin wrote it, since we cannot read it (R3, R6).</summary>
    public static void Tell(RequestFaults faults, LiveRoute route, RewriteRules rules, BodyVerdict verdict, OriginResponse response)
    {
        if (verdict is BodyVerdict.CharsetNotAscii or BodyVerdict.CharsetUnknown)
            Unmapped("Content-Type", verdict == BodyVerdict.CharsetUnknown ? "whose charset is not known" : "whose charset is no superset of ASCII");
        else if (verdict == BodyVerdict.UnknownCoding)
            Unmapped("Content-Encoding", "which cannot be undone");

        void Unmapped(string name, string why) => faults.Add(
            route.Entry.Alias.Key, RequestFaults.BodyUnmapped, () => $"a text of {rules.Self.Origin} has the {name} '{response.Fields.Find(name)}', {why}");
    }

    /// <summary>Whether a body has not come to its end.</summary>
    public static bool IsBroken(BodyOutcome outcome) => outcome is not (BodyOutcome.Complete or BodyOutcome.CompleteButWide);

    /// <summary>How a body ended.</summary>
    public static void Tell(RequestFaults faults, LiveRoute route, RewriteRules rules, BodyOutcome outcome)
    {
        if (outcome != BodyOutcome.Complete)
            faults.Add(route.Entry.Alias.Key, CodeOf(outcome), () => Sentence(rules.Self.Origin, outcome));
    }

    private static string CodeOf(BodyOutcome outcome) => outcome switch
    {
        BodyOutcome.DecodedTooLong or BodyOutcome.RatioTooHigh => RequestFaults.DecodeLimit,
        BodyOutcome.CompleteButWide => RequestFaults.BodyUnmapped,
        BodyOutcome.Truncated or BodyOutcome.Corrupt or BodyOutcome.NeedsInput or BodyOutcome.OutputFull or BodyOutcome.Complete => RequestFaults.DecodeFailure,
    };

    /// <summary>The same as a sentence.</summary>
    public static string Sentence(WebAuthority origin, BodyOutcome outcome) => outcome switch
    {
        BodyOutcome.RatioTooHigh => $"a body of {origin} decodes to more than {DecodeLimits.Default.MaxRatio} times its size",
        BodyOutcome.DecodedTooLong => $"a body of {origin} decodes to more than {DecodeLimits.Default.MaxDecodedBytes} bytes",
        BodyOutcome.Truncated => $"a body of {origin} breaks off before the end of its Content-Encoding",
        BodyOutcome.CompleteButWide => $"a text of {origin} is UTF-16 by its first bytes, though its Content-Type does not say so",
        BodyOutcome.Corrupt or BodyOutcome.NeedsInput or BodyOutcome.OutputFull or BodyOutcome.Complete => $"a body of {origin} is not coded as its Content-Encoding says",
    };
}
