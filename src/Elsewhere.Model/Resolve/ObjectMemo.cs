using System.Net;
using System.Runtime.CompilerServices;

namespace Elsewhere.Model;

/// <summary>
/// What follows from one object alone, kept for as long as the object itself. After one file was edited nearly all objects are the same instances as before:
/// this makes a second Resolve several times faster than the first, and lets the comparison of two snapshots stop at equal references. It never changes a result.
/// </summary>
internal static class ObjectMemo
{
    private static readonly ConditionalWeakTable<EndpointsView, EndpointsNotes> OfEndpoints = [];
    private static readonly ConditionalWeakTable<ServiceView, ServiceNotes> OfServices = [];

    public static EndpointsNotes Of(EndpointsView endpoints) => OfEndpoints.GetValue(endpoints, static e => new EndpointsNotes(e));

    public static ServiceNotes Of(ServiceView service) => OfServices.GetValue(service, static s => new ServiceNotes(s));
}

/// <summary>An alias, and what it was made of beside its Service.</summary>
internal sealed record AliasMemory(EndpointSliceView? Slice, Families Families, bool Gateway, Seq<IPAddress> Addresses, Seq<AliasPolicyView> Policies, Alias Alias);

/// <summary>What follows from an Endpoints object, if it is mirrored.</summary>
internal sealed class EndpointsNotes
{
    public EndpointsNotes(EndpointsView endpoints)
    {
        Slices = EndpointsMirror.Slices(endpoints, out var leftOut);
        AddressesLeftOut = leftOut;
        Deprecated = FindingCodes.EndpointsDeprecated.On(
            Declaration.Of(endpoints),
            "",
            "v1 Endpoints is deprecated since Kubernetes 1.33: a cluster that no longer mirrors it leaves the Service without endpoints",
            SliceText.Instead(Slices),
            endpoints.Place);
    }

    /// <summary>The slices that it makes.</summary>
    public EndpointSliceView[] Slices { get; }

    /// <summary>How many addresses were over the limit of a subset.</summary>
    public int AddressesLeftOut { get; }

    /// <summary>The finding with the slices to write instead.</summary>
    public Finding Deprecated { get; }
}

/// <summary>What follows from a Service alone.</summary>
internal sealed class ServiceNotes
{
    public ServiceNotes(ServiceView service)
    {
        Declared = Declaration.Of(service);
        if (service.Type != ServiceType.ExternalName)
            return;

        // An address is a legal externalName, but there is no CNAME to it; CoreDNS leaves such a Service out.
        Target = IPText.TryParse(service.ExternalName, out _) || !DnsName.TryParse(service.ExternalName, out var target, out _) ? null : target;
        Http = Target is null ? null : ExternalNameCheck.OverHttp(service, Declared, Target);
    }

    /// <summary>The alias that was made last, and what it was made of. A race between two runs loses a memory and nothing else.</summary>
    public AliasMemory? Last { get; set; }

    /// <summary>The Service in findings.</summary>
    public ObjectRef Declared { get; }

    /// <summary>Where the CNAME points.</summary>
    public DnsName? Target { get; }

    /// <summary>The finding about HTTP, if it may be spoken.</summary>
    public Finding? Http { get; }
}
