using Elsewhere.Http.Tls;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Model;

namespace Elsewhere.Serving.Status;

/// <summary>The status of an Alias in the words of the Kubernetes API conventions; its reasons are listed in <c>docs/kubectl.md</c>.</summary>
internal static class AliasReports
{
    private const string DialledByClients = "DialledByClients";
    private static readonly HashSet<string> NotListening =
    [
        ServingFindingCodes.RelayConflict.Name, ServingFindingCodes.PortNotPermitted.Name, ServingFindingCodes.PortInUse.Name, ServingFindingCodes.AddressMissing.Name,
        ServingFindingCodes.NoDescriptors.Name, ServingFindingCodes.PortFailed.Name,
    ];

    /// <summary>The status of every Alias resource.</summary>
    internal static IReadOnlyList<AliasReport> Of(AliasSnapshot snapshot, StatusSources sources) =>
    [
        .. snapshot.Aliases.Where(static alias => alias.Declared.Kind == "Alias").Select(alias => Of(alias, AliasStatus.Of(alias, sources))),
        .. sources.Findings.Where(static finding => finding.Code == FindingCodes.AliasNameTaken.Name).Select(Of),
    ];

    // One that is served.
    private static AliasReport Of(Alias alias, AliasStatus status)
    {
        var origins = status.Origins.Select(Origin).ToSeq();
        return new AliasReport(
            alias.Key,
            WithReady([Accepted(alias, status), ResolvedRefs(status), Programmed(alias, status), Reachable(alias, status, origins)]),
            origins,
            alias.ServiceAddresses.Select(static address => address.ToString()).ToSeq());
    }

    // One that has no effect, since a Service has its name.
    private static AliasReport Of(Finding taken) => new(
        new ObjectKey(taken.Object.Namespace, taken.Object.Name),
        WithReady(
        [
            new("Accepted", false, "NameTaken", taken.Message), new("ResolvedRefs", null, "NotAccepted", ""), new("Programmed", false, "NotAccepted", ""),
            new("OriginReachable", null, "NotAccepted", ""),
        ]),
        [],
        []);

    // The summary: what is false decides before what is not known. Whom clients dial themselves is not ours to judge.
    private static Seq<ConditionReport> WithReady(ConditionReport[] all)
    {
        var lacking = all.FirstOrDefault(static one => one.Status == false) ?? all.FirstOrDefault(static one => one.Status is null && one.Reason != DialledByClients);
        return [.. all, lacking is null ? new("Ready", true, "Ready", "") : new("Ready", lacking.Status, lacking.Reason, lacking.Message)];
    }

    private static ConditionReport Accepted(Alias alias, AliasStatus status) =>
        alias.Target is null && status.Origins.Count == 0 && Find(status, FindingCodes.OriginNotAllowed) is { } refused ? new("Accepted", false, "NotAllowed", refused.Message)
        : Find(status, FindingCodes.AliasDrained) is { } drained ? new("Accepted", false, "NoOrigin", drained.Message)
        : new("Accepted", true, "Accepted", Find(status, FindingCodes.OriginNotAllowed)?.Message ?? "");

    private static ConditionReport ResolvedRefs(AliasStatus status) =>
        Find(status, FindingCodes.GatewayReferenceMissing) is { } missing ? new("ResolvedRefs", false, "RefNotFound", missing.Message)
        : Find(status, TlsFindingCodes.CertificateUnusable, TlsFindingCodes.OriginTlsUnusable, FindingCodes.GatewayHeaderValue) is { } invalid ? new("ResolvedRefs", false, "InvalidRef", invalid.Message)
        : new("ResolvedRefs", true, "ResolvedRefs", "");

    private static ConditionReport Programmed(Alias alias, AliasStatus status) =>
        alias.Kind == AliasKind.ExternalName && alias.Target is null ? new("Programmed", false, "NotAccepted", "the name is not answered")
        : alias.Kind == AliasKind.ClusterIP && alias.ServiceAddresses.IsEmpty ? new("Programmed", false, "AddressNotAssigned", "it has no service address")
        : status.Findings.FirstOrDefault(static finding => NotListening.Contains(finding.Code)) is { } closed ? new("Programmed", false, "NotListening", closed.Message)
        : Find(status, ServingFindingCodes.RetargetFailed) is { } waiting ? new("Programmed", false, "RetargetFailed", waiting.Message)
        : new("Programmed", true, "Programmed", "");

    private static ConditionReport Reachable(Alias alias, AliasStatus status, Seq<OriginReport> origins) =>
        alias.Kind == AliasKind.ExternalName ? new("OriginReachable", null, DialledByClients, "clients resolve the CNAME and dial its target themselves")
        : origins.IsEmpty ? new("OriginReachable", false, "NoOrigin", OriginLack.Explain(status.Findings) ?? "no origin can be asked")
        : origins.Any(static origin => origin.Health == nameof(OriginHealth.Healthy)) ? new("OriginReachable", true, "Healthy", Ill(origins))
        : status.Origins.All(static origin => origin.Addresses.Count == 0 && origin.Problem is null) ? new("OriginReachable", null, "Resolving", "the names of the origins are being resolved")
        : new("OriginReachable", false, origins.First(static origin => origin.Message.Length > 0).Health, Ill(origins));

    private static string Ill(Seq<OriginReport> origins) =>
        string.Join("; ", origins.Select(static origin => origin.Message).Where(static message => message.Length > 0));

    private static OriginReport Origin(OriginStatus origin)
    {
        var addresses = origin.Addresses.Select(static address => address.Address).ToSeq();
        if (origin.Addresses.Count == 0)
            return new OriginReport(origin.Url, "Unresolved", origin.Problem is { } problem ? $"{origin.Url}: {problem}" : "", addresses);
        var healthy = origin.Addresses.Any(static address => address.Health == OriginHealth.Healthy);
        return new OriginReport(origin.Url, (healthy ? OriginHealth.Healthy : origin.Addresses[0].Health).ToString(), healthy ? "" : origin.Addresses[0].Reason ?? "", addresses);
    }

    private static Finding? Find(AliasStatus status, params FindingCode[] codes) =>
        status.Findings.FirstOrDefault(finding => codes.Any(code => code.Name == finding.Code));
}
