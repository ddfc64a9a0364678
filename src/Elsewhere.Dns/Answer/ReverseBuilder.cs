using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Builds the reverse names of the endpoints of all slices that name a Service, whether it exists or not. Those of service addresses stand with their aliases, in
/// front: a service address hides the endpoints that have the same one.
/// </summary>
internal static class ReverseBuilder
{
    public static void Add(TableParts parts, SectionWriter writer, byte[] branch, AliasSnapshot snapshot)
    {
        var endpoints = new Dictionary<IPAddress, List<byte[]>>(snapshot.EndpointSlices.Count);
        foreach (var slice in snapshot.EndpointSlices)
        {
            if (slice.ServiceName.Length is 0 or > DnsName.MaxLabelLength)
                continue;
            var service = new ObjectKey(slice.Key.Namespace, slice.ServiceName);
            foreach (var endpoint in slice.Endpoints)
            {
                if (!endpoint.IsReady)
                    continue;
                foreach (var address in endpoint.Addresses)
                {
                    if (TableBuilder.NameOf(service, Endpoints.HostOf(endpoint, address), branch) is not { } name)
                        continue;
                    if (!endpoints.TryGetValue(address, out var names))
                        endpoints.Add(address, names = []);
                    if (!names.Exists(other => other.AsSpan().SequenceEqual(name)))
                        names.Add(name);
                }
            }
        }

        foreach (var (address, names) in endpoints)
            AddNode(parts, writer, address, names);
    }

    /// <summary>The names of one address; of several nodes of one address the first one counts.</summary>
    public static void AddNode(TableParts parts, SectionWriter writer, IPAddress address, List<byte[]> names)
    {
        writer.Begin([]);
        foreach (var name in names)
        {
            writer.BeginAtQuestion(RecordType.Ptr, parts.Options.Ttl);
            writer.Name(name);
            if (!writer.End(additional: false))
                break;
        }

        Span<byte> key = stackalloc byte[17];
        key[0] = DnsTable.AddressKey;
        address.TryWriteBytes(key[1..], out var length);
        parts.AddNode(key[..(length + 1)], new Node { Kind = NodeKind.Address, Ptr = writer.Finish() });
    }
}
