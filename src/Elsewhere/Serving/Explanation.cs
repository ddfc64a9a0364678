using Elsewhere.Dns;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Serving.Status;

namespace Elsewhere.Serving;

/// <summary>One question, and what DNS answered.</summary>
/// <param name="Name">The name asked for.</param>
/// <param name="Type">The type asked for.</param>
/// <param name="Reply">The answer; null if none came.</param>
internal sealed record AskedOf(DnsName Name, ushort Type, UpstreamReply? Reply);

/// <summary>The whole way of one alias.</summary>
/// <param name="Alias">What it is.</param>
/// <param name="Names">Its four forms; the first one is for its own namespace.</param>
/// <param name="Dns">What DNS answers about it.</param>
/// <param name="Origins">What the names behind it resolve to, A and AAAA of each.</param>
/// <param name="Certificate">What clients are shown that speak TLS; null if it does not speak TLS to them.</param>
/// <param name="Status">How it does; null if nobody serves it.</param>
/// <param name="Findings">What is wrong or risky with it.</param>
internal sealed record Explanation(Alias Alias, Seq<string> Names, Seq<AskedOf> Dns, Seq<AskedOf> Origins, CertificateStatus? Certificate, AliasStatus? Status, Seq<Finding> Findings)
{
    /// <summary>Asks DNS about an alias.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="snapshot">Where it is from.</param>
    /// <param name="server">The DNS that serves it.</param>
    /// <param name="status">How it does; null if nobody serves it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the asking.</param>
    internal static async Task<Explanation> OfAsync(Alias alias, AliasSnapshot snapshot, UpstreamResolver server, AliasStatus? status, DateTimeOffset now, CancellationToken cancellation)
    {
        var domain = snapshot.ClusterDomain.ToHostString();
        var name = DnsName.Parse($"{alias.Key}.svc.{domain}");
        var questions = new List<(DnsName, ushort)> { (name, RecordType.A), (name, RecordType.Aaaa) };
        foreach (var port in alias.Kind == AliasKind.ExternalName ? [] : alias.Ports)
        {
            if (port.Name.Length > 0 && name.Prepend($"_{port.Protocol.ToString().ToLowerInvariant()}")?.Prepend($"_{port.Name}") is { } srv)
                questions.Add((srv, RecordType.Srv));
        }

        var origins = alias.Ports.SelectMany(static port => port.Backends).Select(static backend => backend.Name).OfType<DnsName>().Distinct()
            .SelectMany(static origin => new[] { (origin, RecordType.A), (origin, RecordType.Aaaa) });
        return new Explanation(
            alias,
            [alias.Key.Name, alias.Key.ToString(), $"{alias.Key}.svc", name.ToHostString()],
            await AskAsync(questions, server, cancellation).ConfigureAwait(false),
            await AskAsync(origins, server, cancellation).ConfigureAwait(false),
            status?.Certificate ?? (alias.Gateway?.Ports.Any(static port => port.Secure) == true ? CertificateStatus.Of(ShownCertificate.Of(Subject(alias, snapshot), now)) : null),
            status,
            FindingsOf(alias, snapshot, status, now));
    }

    /// <summary>The key that a name means: <c>a</c>, <c>a.ns</c>, <c>a.ns.svc</c> or the full name; the namespace is null if it says none.</summary>
    internal static (string Name, string? Namespace) Parse(string text, DnsName clusterDomain)
    {
        var bare = text.TrimEnd('.').ToLowerInvariant();
        foreach (var ending in new[] { $".svc.{clusterDomain.ToHostString().ToLowerInvariant()}", ".svc" })
        {
            if (bare.EndsWith(ending, StringComparison.Ordinal))
            {
                bare = bare[..^ending.Length];
                break;
            }
        }

        var dot = bare.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? (bare, null) : (bare[..dot], bare[(dot + 1)..]);
    }

    private static CertificateSubject Subject(Alias alias, AliasSnapshot snapshot) =>
        CertificateSubject.Of(alias, snapshot.ClusterDomain, alias.Gateway!.Hostnames, alias.Gateway.Certificate);

    private static Seq<Finding> FindingsOf(Alias alias, AliasSnapshot snapshot, AliasStatus? status, DateTimeOffset now)
    {
        // Who serves it knows better what certificates are in use.
        var all = status is null
            ? snapshot.Findings.Concat(ShownCertificate.Findings(snapshot with { Aliases = [alias] }, now)).Concat(OriginTlsFindings.Of(snapshot with { Aliases = [alias] }))
            : snapshot.Findings.UnionBy(status.Findings, static finding => finding with { Place = null });

        // Endpoints have the alias' own name; slices have others, and a label that says whose they are. One that was refused has no label
        // any more: by custom its name begins with the alias' own.
        var owners = snapshot.EndpointSlices.Where(slice => slice.Key.Namespace == alias.Key.Namespace)
            .ToLookup(static slice => slice.Key.Name, static slice => slice.ServiceName, StringComparer.Ordinal);
        return all.Where(finding => finding.Object.Namespace == alias.Key.Namespace && IsAbout(finding.Object)).ToSeq();

        bool IsAbout(ObjectRef about) => about.Kind != "EndpointSlice" ? about.Name == alias.Key.Name
            : owners.Contains(about.Name) ? owners[about.Name].Contains(alias.Key.Name)
            : about.Name.StartsWith($"{alias.Key.Name}-", StringComparison.Ordinal);
    }

    private static async Task<Seq<AskedOf>> AskAsync(IEnumerable<(DnsName Name, ushort Type)> questions, UpstreamResolver server, CancellationToken cancellation)
    {
        var asked = await Task.WhenAll(questions.Select(async question => new AskedOf(
            question.Name,
            question.Type,
            await server.QueryAsync(question.Name, question.Type, RecordClass.In, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        return asked.ToSeq();
    }
}
