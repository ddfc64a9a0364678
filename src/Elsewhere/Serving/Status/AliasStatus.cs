using System.Net;
using System.Text.Json.Serialization;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Relay;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Serving.Status;

/// <summary>How one alias does right now: what a running elsewhere tells <c>explain</c>, and the API shows as the alias' status.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Origins">Each origin, in the order of the manifest.</param>
/// <param name="Certificate">What clients are shown that speak TLS; null if it does not speak TLS to them.</param>
/// <param name="Requests">What went wrong with requests, by code.</param>
/// <param name="Findings">Everything that stands about it now.</param>
internal sealed record AliasStatus(
    string Name, string Namespace, IReadOnlyList<OriginStatus> Origins, CertificateStatus? Certificate, IReadOnlyList<RequestStatus> Requests, IReadOnlyList<Finding> Findings)
{
    /// <summary>How one alias does; empty if there is none of that key.</summary>
    /// <param name="live">What is served.</param>
    /// <param name="sources">What tells how it does.</param>
    /// <param name="only">The one; null for all.</param>
    internal static IReadOnlyList<AliasStatus> Of(Live live, StatusSources sources, ObjectKey? only) =>
        only is not { } key ? [.. live.Snapshot.Aliases.Select(alias => Of(alias, sources))]
        : live.Find(key) is { } alias ? [Of(alias, sources)]
        : [];

    /// <summary>How an alias does.</summary>
    internal static AliasStatus Of(Alias alias, StatusSources sources) => new(
        alias.Key.Name,
        alias.Key.Namespace,
        [.. OriginStatuses.Of(alias, sources)],
        alias.Gateway?.Ports.Any(static port => port.Secure) == true && sources.Certificate(alias.Key) is { } shown ? CertificateStatus.Of(shown) : null,
        [.. sources.RequestsOf[alias.Key].Select(static fault => new RequestStatus(fault.Code, fault.Count, fault.LastAt))],
        [.. sources.FindingsOf[alias.Declared]]);
}

/// <summary>What a status is made of, each taken once for all aliases.</summary>
/// <param name="Names">What origins' names resolve to.</param>
/// <param name="Gateway">Where requests go.</param>
/// <param name="Requests">What went wrong with requests.</param>
/// <param name="Relays">How the targets of the relay do.</param>
/// <param name="Findings">All that stand.</param>
/// <param name="Certificate">What clients of an alias are shown.</param>
internal sealed record StatusSources(
    OriginAddresses Names, OriginTable Gateway, Seq<RequestFault> Requests, IReadOnlyList<RelayTargetStatus> Relays, IReadOnlyList<Finding> Findings, Func<ObjectKey, ShownCertificate?> Certificate)
{
    private readonly Lazy<Dictionary<(IPEndPoint, Protocol), RelayTargetStatus>> targets = new(() =>
    {
        var known = new Dictionary<(IPEndPoint, Protocol), RelayTargetStatus>();
        foreach (var target in Relays)
            known.TryAdd((target.Target, target.Protocol), target);
        return known;
    });

    private readonly Lazy<ILookup<ObjectKey, RequestFault>> requests = new(() => Requests.Where(static fault => fault.Alias is not null).ToLookup(static fault => fault.Alias!.Value));
    private readonly Lazy<ILookup<ObjectRef, Finding>> findings = new(() => Findings.ToLookup(static finding => finding.Object));
    private readonly Lazy<ILookup<ObjectKey, DeniedOrigin>> denied = new(() => Gateway.Denied.ToLookup(static one => one.Alias));

    /// <summary>What went wrong with requests, by alias.</summary>
    internal ILookup<ObjectKey, RequestFault> RequestsOf => requests.Value;

    /// <summary>What stands, by the object that it is about.</summary>
    internal ILookup<ObjectRef, Finding> FindingsOf => findings.Value;

    /// <summary>Addresses that are left out, by alias.</summary>
    internal ILookup<ObjectKey, DeniedOrigin> DeniedOf => denied.Value;

    /// <summary>How a target of the relay does; null if nothing leads there.</summary>
    internal RelayTargetStatus? Target(IPEndPoint target, Protocol protocol) => targets.Value.GetValueOrDefault((target, protocol));
}

/// <summary>How one origin does.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Priority">Lower first.</param>
/// <param name="Weight">Share within the priority.</param>
/// <param name="Ttl">How long its addresses may be used, in seconds; null where it is an address, or has none.</param>
/// <param name="ResolvedAt">When its addresses came; null where it is an address, or has none.</param>
/// <param name="Problem">Why its name did not resolve at the last try; null if it did.</param>
/// <param name="Addresses">What is dialled, and what is left out.</param>
internal sealed record OriginStatus(
    string Url, int Priority, int Weight, double? Ttl, DateTimeOffset? ResolvedAt, string? Problem, IReadOnlyList<OriginAddressStatus> Addresses);

/// <summary>How an address does, in one word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OriginHealth>))]
internal enum OriginHealth
{
    /// <summary>It works, as far as is known.</summary>
    Healthy,

    /// <summary>Its health check fails.</summary>
    CheckFails,

    /// <summary>It cannot be connected to.</summary>
    Unreachable,

    /// <summary>It answered wrongly several times in a row.</summary>
    Ejected,

    /// <summary>It may not be dialled.</summary>
    Denied,
}

/// <summary>How one address of an origin does.</summary>
/// <param name="Address">What is dialled: address and port, the proxy's where there is one.</param>
/// <param name="Health">How it does.</param>
/// <param name="Reason">Why it is not healthy, as a sentence; null if it is.</param>
/// <param name="Since">Since when; null if that never changed.</param>
/// <param name="LastError">What failed last, even if it has worked since; null if nothing did.</param>
/// <param name="LastErrorAt">When that was; null where it is not known.</param>
internal sealed record OriginAddressStatus(string Address, OriginHealth Health, string? Reason, DateTimeOffset? Since, string? LastError, DateTimeOffset? LastErrorAt);

/// <summary>The certificate that clients are shown.</summary>
/// <param name="Secret">The Secret of the user's own certificate, <c>namespace/name</c>; null for one of the alias CA.</param>
/// <param name="Issuer">Who has issued it; null if there is no alias CA yet.</param>
/// <param name="NotBefore">When it begins to be valid; null if it is made when it is first asked for.</param>
/// <param name="NotAfter">When it ends; null if it is made when it is first asked for.</param>
/// <param name="NotNamed">Names of the alias that it does not have.</param>
/// <param name="Problem">Why it is not what the Secret holds; null if it is, or if none is named.</param>
internal sealed record CertificateStatus(string? Secret, string? Issuer, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, IReadOnlyList<string> NotNamed, string? Problem)
{
    internal static CertificateStatus Of(ShownCertificate shown) => new(
        shown.Secret is { } secret ? $"{secret.Namespace}/{secret.Name}" : null, shown.Issuer, shown.NotBefore, shown.NotAfter, [.. shown.NotNamed], shown.Problem);
}

/// <summary>What went wrong with requests, under one code.</summary>
/// <param name="Code">The code.</param>
/// <param name="Count">How often since the start.</param>
/// <param name="LastAt">When last.</param>
internal sealed record RequestStatus(string Code, long Count, DateTimeOffset LastAt);
