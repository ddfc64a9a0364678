using Elsewhere.Http.Tls;
using Elsewhere.Serving;

namespace Elsewhere.Commands;

/// <summary>The whole way of one alias as programs read it.</summary>
/// <param name="Alias">What it is and where its ports go.</param>
/// <param name="File">Where it is declared; null if in no file.</param>
/// <param name="Names">Its four forms.</param>
/// <param name="Dns">What DNS answers about it.</param>
/// <param name="Origins">What the names behind it resolve to.</param>
/// <param name="Certificate">What clients are shown that speak TLS; null if it does not speak TLS to them.</param>
/// <param name="Findings">What is wrong or risky with it.</param>
internal sealed record ExplainJson(
    AliasJson Alias, string? File, IReadOnlyList<string> Names, IReadOnlyList<AskedJson> Dns, IReadOnlyList<AskedJson> Origins, CertificateJson? Certificate, IReadOnlyList<FindingJson> Findings)
{
    internal static ExplainJson Of(Explanation explanation) => new(
        AliasJson.Of(explanation.Alias),
        explanation.Alias.Place?.ToString(),
        [.. explanation.Names],
        [.. explanation.Dns.Select(AskedJson.Of)],
        [.. explanation.Origins.Select(AskedJson.Of)],
        explanation.Certificate is { } certificate ? CertificateJson.Of(certificate) : null,
        [.. explanation.Findings.Select(FindingJson.Of)]);
}

/// <summary>The certificate that clients are shown.</summary>
/// <param name="Secret">The Secret of the user's own certificate, <c>namespace/name</c>; null for one of the alias CA.</param>
/// <param name="Issuer">Who has issued it; null if there is no alias CA yet.</param>
/// <param name="NotBefore">When it begins to be valid; null if it is made when it is first asked for.</param>
/// <param name="NotAfter">When it ends; null if it is made when it is first asked for.</param>
/// <param name="NotNamed">Names of the alias that it does not have.</param>
/// <param name="Problem">Why it is not what the Secret holds; null if it is, or if none is named.</param>
internal sealed record CertificateJson(string? Secret, string? Issuer, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, IReadOnlyList<string> NotNamed, string? Problem)
{
    internal static CertificateJson Of(ShownCertificate shown) => new(
        shown.Secret is { } secret ? $"{secret.Namespace}/{secret.Name}" : null, shown.Issuer, shown.NotBefore, shown.NotAfter, [.. shown.NotNamed], shown.Problem);
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
