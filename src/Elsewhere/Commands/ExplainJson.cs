using Elsewhere.Serving;
using Elsewhere.Serving.Status;

namespace Elsewhere.Commands;

/// <summary>The whole way of one alias as programs read it.</summary>
/// <param name="Alias">What it is and where its ports go.</param>
/// <param name="File">Where it is declared; null if in no file.</param>
/// <param name="Names">Its four forms.</param>
/// <param name="Dns">What DNS answers about it.</param>
/// <param name="Origins">What the names behind it resolve to.</param>
/// <param name="Certificate">What clients are shown that speak TLS; null if it does not speak TLS to them.</param>
/// <param name="Status">How each origin does; null if nobody serves it.</param>
/// <param name="Requests">What went wrong with requests since the start, by code; null if nobody serves it.</param>
/// <param name="Findings">What is wrong or risky with it.</param>
internal sealed record ExplainJson(
    AliasJson Alias, string? File, IReadOnlyList<string> Names, IReadOnlyList<AskedJson> Dns, IReadOnlyList<AskedJson> Origins, CertificateStatus? Certificate, IReadOnlyList<OriginStatus>? Status, IReadOnlyList<RequestStatus>? Requests, IReadOnlyList<FindingJson> Findings)
{
    internal static ExplainJson Of(Explanation explanation) => new(
        AliasJson.Of(explanation.Alias),
        explanation.Alias.Place?.ToString(),
        [.. explanation.Names],
        [.. explanation.Dns.Select(AskedJson.Of)],
        [.. explanation.Origins.Select(AskedJson.Of)],
        explanation.Certificate,
        explanation.Status?.Origins,
        explanation.Status?.Requests,
        [.. explanation.Findings.Select(FindingJson.Of)]);
}

/// <summary>One question and its answer.</summary>
/// <param name="Name">The name asked for.</param>
/// <param name="Type">The type asked for.</param>
/// <param name="Rcode">The response code, 0 to 23; null if no answer came in time.</param>
/// <param name="Answer">The records.</param>
internal sealed record AskedJson(string Name, string Type, int? Rcode, IReadOnlyList<RecordJson> Answer)
{
    internal static AskedJson Of(AskedOf asked) => new(
        asked.Name.ToHostString(),
        RecordText.Type(asked.Type),
        asked.Reply?.Rcode,
        [.. (asked.Reply?.Answer ?? []).Select(static record => new RecordJson(record.Owner.ToHostString(), record.Ttl, RecordText.Type(record.Type), RecordText.Data(record)))]);
}

/// <summary>One record.</summary>
/// <param name="Name">Its owner.</param>
/// <param name="Ttl">Seconds that it may be kept.</param>
/// <param name="Type">Its type.</param>
/// <param name="Data">Its data in presentation format.</param>
internal sealed record RecordJson(string Name, uint Ttl, string Type, string Data);
