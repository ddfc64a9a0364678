using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Builds the reverse names: those of service addresses, then those of the endpoints of all slices that name a Service, whether it exists or not. The first one of an
/// address counts, so that a service address hides the endpoints that have the same one.
/// </summary>
/// <param name="parts">Where to.</param>
/// <param name="writer">Writes into them.</param>
/// <param name="branch"><c>svc.ZONE</c> in wire format.</param>
internal sealed class ReverseBuilder(TableParts parts, SectionWriter writer, byte[] branch)
{
    /// <summary>Adds the names of a snapshot.</summary>
    /// <param name="snapshot">What is in it.</param>
    /// <param name="only">Whose names; null for those of all addresses.</param>
    public void Add(AliasSnapshot snapshot, HashSet<IPAddress>? only)
    {
        foreach (var alias in snapshot.Aliases)
        {
            if (alias.Kind == AliasKind.ExternalName)
                continue;
            foreach (var address in alias.ServiceAddresses)
            {
                if (only?.Contains(address) != false && TableBuilder.NameOf(alias, branch) is { } name)
                    AddNode(address, [name]);
            }
        }

        AddEndpoints(snapshot.EndpointSlices, only);
    }

    private void AddEndpoints(Seq<EndpointSliceView> slices, HashSet<IPAddress>? only)
    {
        var endpoints = new Dictionary<IPAddress, List<byte[]>>(only?.Count ?? slices.Count);
        foreach (var slice in slices)
        {
            if (slice.ServiceName.Length is 0 or > DnsName.MaxLabelLength)
                continue;
            foreach (var endpoint in slice.Endpoints)
            {
                if (!endpoint.IsReady)
                    continue;
                foreach (var address in endpoint.Addresses)
                {
                    if (only?.Contains(address) == false
                        || TableBuilder.NameOf(new ObjectKey(slice.Key.Namespace, slice.ServiceName), Endpoints.HostOf(endpoint, address), branch) is not { } name)
                        continue;
                    if (!endpoints.TryGetValue(address, out var names))
                        endpoints.Add(address, names = []);
                    if (!names.Exists(other => other.AsSpan().SequenceEqual(name)))
                        names.Add(name);
                }
            }
        }

        foreach (var (address, names) in endpoints)
            AddNode(address, names);
    }

    private void AddNode(IPAddress address, List<byte[]> names)
    {
        writer.Begin([]);
        foreach (var name in names)
        {
            writer.BeginAtQuestion(RecordType.Ptr, parts.Options.Ttl);
            writer.Name(name);
            if (!writer.End(additional: false))
                break;
        }

        Span<byte> key = stackalloc byte[DnsTable.MaxAddressKeyLength];
        parts.AddNode(key[..KeyOf(address, key)], new Node { Kind = NodeKind.Address, Ptr = writer.Finish() });
    }

    /// <summary>Writes the key of an address.</summary>
    /// <returns>How long it is.</returns>
    public static int KeyOf(IPAddress address, Span<byte> key)
    {
        key[0] = DnsTable.AddressKey;
        address.TryWriteBytes(key[1..], out var length);
        return length + 1;
    }
}
