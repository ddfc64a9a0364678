using Elsewhere.Demo;
using Elsewhere.Dns;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What can be wrong with serving: a port that cannot be bound, a target that may not be dialled.</summary>
internal static class ServingFindingCodes
{
    /// <summary>Two aliases want the same address and port.</summary>
    internal static FindingCode RelayConflict { get; } = Error("relay-conflict", "Two aliases want the same address and port; the first one by name has it.");

    /// <summary>A target may not be dialled.</summary>
    internal static FindingCode RelayDenied { get; } = Error("relay-denied", "An address that the alias leads to may not be dialled.");

    /// <summary>A target is a listener of the relay.</summary>
    internal static FindingCode RelayLoop { get; } = Error("relay-loop", "An address that the alias leads to leads back into the relay.");

    /// <summary>This user may not bind the port.</summary>
    internal static FindingCode PortNotPermitted { get; } = Error("port-not-permitted", "This user may not bind a port.");

    /// <summary>Another program has the port.</summary>
    internal static FindingCode PortInUse { get; } = Error("port-in-use", "Another program listens on a port.");

    /// <summary>No interface has the address.</summary>
    internal static FindingCode AddressMissing { get; } = Error("address-missing", "No interface of this machine has an address that is to be listened on.");

    /// <summary>The limit of open files is reached.</summary>
    internal static FindingCode NoDescriptors { get; } = Error("no-descriptors", "The limit of open files leaves no descriptor for a port.");

    /// <summary>The system refuses a port for another reason.</summary>
    internal static FindingCode PortFailed { get; } = Error("port-failed", "The system refuses to listen on a port.");

    /// <summary>DNS does not answer at an address.</summary>
    internal static FindingCode DnsNotListening { get; } = Error("dns-not-listening", "DNS does not answer at an address that it should answer at.");

    /// <summary>The Kubernetes API is not served.</summary>
    internal static FindingCode ApiNotListening { get; } = Error("api-not-listening", "The Kubernetes API is not served, so that kubectl reaches nobody.");

    /// <summary>Metrics are not served.</summary>
    internal static FindingCode MetricsNotListening { get; } = Error("metrics-not-listening", "Metrics are not served, so that nobody can watch this instance.");

    /// <summary>An upstream resolver asks us what we ask it.</summary>
    internal static FindingCode UpstreamLoop { get; } = new("upstream-loop", Severity.Warning, FindingSource.Elsewhere, "An upstream resolver leads back to this DNS server.");

    /// <summary>The name of an origin does not resolve.</summary>
    internal static FindingCode OriginUnresolved { get; } = new("origin-unresolved", Severity.Warning, FindingSource.Elsewhere, "The name of an origin does not resolve right now.");

    /// <summary>An address of an origin is not used.</summary>
    internal static FindingCode OriginUnhealthy { get; } = new("origin-unhealthy", Severity.Warning, FindingSource.Elsewhere, "An address of an origin does not answer as it should, and is not used.");

    /// <summary>An address of an origin may not be dialled.</summary>
    internal static FindingCode OriginDenied { get; } = new("origin-denied", Severity.Warning, FindingSource.Elsewhere, "An address of an origin may not be dialled, and is left out.");

    /// <summary>A body was cut off.</summary>
    internal static FindingCode DecodeLimit { get; } = new("decode-limit", Severity.Warning, FindingSource.Elsewhere, "A response decodes to more than is decoded, and was cut off.");

    /// <summary>A body is not coded as it says.</summary>
    internal static FindingCode DecodeFailure { get; } = new("decode-failure", Severity.Warning, FindingSource.Elsewhere, "A response is not coded as its Content-Encoding says, or breaks off.");

    /// <summary>A text cannot be read.</summary>
    internal static FindingCode BodyUnmapped { get; } = new("body-unmapped", Severity.Warning, FindingSource.Elsewhere, "The URLs in a text of an origin are not mapped, since its charset or coding cannot be read.");

    /// <summary>Clients send what is refused.</summary>
    internal static FindingCode RequestsRefused { get; } = new("requests-refused", Severity.Info, FindingSource.Elsewhere, "Clients send requests that are refused before any origin sees them.");

    /// <summary>Origins that an alias is to lead to do not serve.</summary>
    internal static FindingCode RetargetFailed { get; } = new("retarget-failed", Severity.Warning, FindingSource.Elsewhere, "No origin that an alias is to lead to from now on serves; those from before are kept.");

    /// <summary>A problem of the relay as a finding about its alias.</summary>
    internal static Finding Of(RelayProblem problem, Live live)
    {
        var alias = live.Find(problem.Alias);
        var code = problem.Kind switch
        {
            RelayProblemKind.Conflict => RelayConflict,
            RelayProblemKind.Denied => RelayDenied,
            RelayProblemKind.Loop => RelayLoop,
            RelayProblemKind.NotPermitted => PortNotPermitted,
            RelayProblemKind.InUse => PortInUse,
            RelayProblemKind.NoSuchAddress => AddressMissing,
            RelayProblemKind.NoDescriptors => NoDescriptors,
            RelayProblemKind.Failed => PortFailed,
        };
        return code.On(alias?.Declared ?? new ObjectRef("", "", problem.Alias.Namespace, problem.Alias.Name), "", problem.Reason, problem.Remedy, alias?.Place);
    }

    /// <summary>Upstream resolvers that are found to lead back here.</summary>
    internal static IEnumerable<Finding> OfUpstreams(Seq<UpstreamState> upstreams) =>
        upstreams.Where(static upstream => upstream.Looping).Select(static upstream => UpstreamLoop.On(
            ObjectRef.None, "", $"upstream {upstream.EndPoint} is this DNS server or forwards to it; it is not asked",
            "name a resolver that does not ask here: --upstream-dns ADDR:PORT", null));

    /// <summary>Origins whose name did not resolve at the last try.</summary>
    /// <param name="snapshot">The aliases.</param>
    /// <param name="origins">What their origins' names resolve to.</param>
    /// <param name="hasUpstream">Whether there is anybody to ask.</param>
    internal static IEnumerable<Finding> OfOrigins(AliasSnapshot snapshot, OriginAddresses origins, bool hasUpstream)
    {
        var names = new HashSet<DnsName>();
        for (var i = 0; i < snapshot.Aliases.Count; i++)
        {
            var alias = snapshot.Aliases[i];
            names.Clear();
            OriginNames.AddBackends(alias, names);
            foreach (var name in names)
            {
                if (origins.Find(name) is not { Problem: not null } state)
                    continue;
                yield return OriginUnresolved.On(
                    alias.Declared, "", $"{name.ToHostString()}: {state.Problem}{(state.Addresses.IsEmpty ? "" : "; the last good answer still serves")}",
                    DemoPlace.HowToPlay(name, []) is { } play ? $"nobody on the internet has this name; the demo plays it: {play}"
                        : hasUpstream ? $"see who answers for it: dig {name.ToHostString()}" : "nobody is asked: name a DNS server with --upstream-dns ADDR:PORT",
                    alias.Place);
            }
        }
    }

    private static FindingCode Error(string name, string meaning) => new(name, Severity.Error, FindingSource.Elsewhere, meaning);
}
