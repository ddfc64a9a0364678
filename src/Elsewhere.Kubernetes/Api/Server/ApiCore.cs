using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What every verb needs.</summary>
/// <param name="store">The objects.</param>
/// <param name="serviceCidrs">The ranges of service addresses, the default family first.</param>
/// <param name="live">Which addresses the data plane has given.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiCore(ObjectStore store, Seq<Cidr> serviceCidrs, Func<AddressBook> live, TimeProvider time)
{
    /// <summary>The objects.</summary>
    public ObjectStore Store { get; } = store;

    /// <summary>The ranges of service addresses, the default family first.</summary>
    public Seq<Cidr> ServiceCidrs { get; } = serviceCidrs;

    /// <summary>Service addresses and node ports.</summary>
    public ServiceClaims Claims { get; } = new(serviceCidrs, live);

    /// <summary>States that lists go on from.</summary>
    public SnapshotShelf Shelf { get; } = new(time);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;
}
