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
    private static readonly ConditionalWeakTable<EndpointSliceView, SliceNotes> OfSlices = [];

    public static EndpointsNotes Of(EndpointsView endpoints) => OfEndpoints.GetValue(endpoints, static e => new EndpointsNotes(e));

    public static SliceNotes Of(EndpointSliceView slice) => OfSlices.GetValue(slice, static _ => new SliceNotes());

    public static ServiceNotes Of(ServiceView service) => OfServices.GetValue(service, static s => new ServiceNotes(s));
}

/// <summary>Whom service addresses belong to, and which there can be: what is said about endpoints' addresses depends on it.</summary>
/// <param name="Book">Who has which; the same instance as long as nothing changes.</param>
/// <param name="Ranges">The ranges that addresses are given from.</param>
internal readonly record struct AddressFacts(AddressBook Book, Seq<Cidr> Ranges)
{
    /// <summary>Whether both are the same, as far as that is seen at a glance.</summary>
    public bool Is(AddressFacts other) => ReferenceEquals(this.Book, other.Book) && this.Ranges == other.Ranges;
}

/// <summary>What was said about a slice, and what that depends on beside the slice.</summary>
internal sealed record SliceMemory(ServiceView Service, Families Families, bool Mirrored, AddressFacts Addresses, Finding[] Said);

/// <summary>What follows from a slice.</summary>
internal sealed class SliceNotes
{
    /// <summary>What was said about it last.</summary>
    public SliceMemory? Last { get; set; }
}

/// <summary>What was said about a mirrored Endpoints object, and what that depends on beside the object.</summary>
internal sealed record EndpointsMemory(AddressFacts Addresses, Finding[] Said);

/// <summary>An alias, and what it was made of beside its Service.</summary>
internal sealed record AliasMemory(EndpointSliceView? Slice, Families Families, bool Gateway, Seq<IPAddress> Addresses, Seq<AliasPolicyView> Policies, Alias Alias)
{
    /// <summary>What was said about it; null before that.</summary>
    public Finding[]? Said { get; set; }
}

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

    /// <summary>What was said about it last.</summary>
    public EndpointsMemory? Last { get; set; }
}

/// <summary>What follows from a Service alone.</summary>
internal sealed class ServiceNotes
{
    private Declaration? withGateway;
    private Declaration? without;

    public ServiceNotes(ServiceView service)
    {
        Declared = Model.Declaration.Of(service);
        if (service.Type != ServiceType.ExternalName)
            return;

        // An address is a legal externalName, but there is no CNAME to it; CoreDNS leaves such a Service out.
        Target = IPText.TryParse(service.ExternalName, out _) || !DnsName.TryParse(service.ExternalName, out var target, out _) ? null : target;
        Http = Target is null ? null : ExternalNameCheck.OverHttp(service, Declared, Target);
    }

    /// <summary>What declares the alias, with and without the gateway.</summary>
    /// <param name="service">The Service that these notes are of.</param>
    /// <param name="gateway">Whether its HTTP ports go through the gateway.</param>
    public Declaration Declaration(ServiceView service, bool gateway) =>
        gateway ? withGateway ??= new Declaration(service, null, true, this) : without ??= new Declaration(service, null, false, this);

    /// <summary>The alias that was made last, and what it was made of. A race between two runs loses a memory and nothing else.</summary>
    public AliasMemory? Last { get; set; }

    /// <summary>The Service in findings.</summary>
    public ObjectRef Declared { get; }

    /// <summary>Where the CNAME points.</summary>
    public DnsName? Target { get; }

    /// <summary>The finding about HTTP, if it may be spoken.</summary>
    public Finding? Http { get; }
}
