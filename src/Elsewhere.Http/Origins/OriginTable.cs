using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>An address of an origin that is left out.</summary>
/// <param name="Alias">Whose port leads there.</param>
/// <param name="Origin">The origin.</param>
/// <param name="Address">The address.</param>
/// <param name="Reason">Why, as the end of a sentence that begins with the address.</param>
public sealed record DeniedOrigin(ObjectKey Alias, OriginKey Origin, IPAddress Address, string Reason);

/// <summary>Where each alias port leads right now: run-time state beside the snapshot, replaced as a whole.</summary>
public sealed class OriginTable
{
    private readonly Dictionary<(ObjectKey Alias, GatewayPort Port), OriginSet> sets;

    internal OriginTable(Dictionary<(ObjectKey Alias, GatewayPort Port), OriginSet> sets, Seq<DeniedOrigin> denied, IReadOnlySet<AddressState> addresses)
    {
        this.sets = sets;
        Denied = denied;
        Addresses = addresses;
    }

    /// <summary>Leads nowhere.</summary>
    public static OriginTable Empty { get; } = new([], [], new HashSet<AddressState>());

    /// <summary>Addresses that are left out.</summary>
    public Seq<DeniedOrigin> Denied { get; }

    /// <summary>Every address that requests may be sent to, or that rotated out a short while ago: connections to it live on.</summary>
    public IReadOnlySet<AddressState> Addresses { get; }

    /// <summary>How many alias ports there are.</summary>
    public int Count => sets.Count;

    /// <summary>The addresses behind a port; without any where the alias or the port is not known.</summary>
    public OriginSet Find(ObjectKey alias, GatewayPort port) => sets.GetValueOrDefault((alias, port)) ?? OriginSet.Empty;
}
