using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>One range of service addresses, as numbers.</summary>
internal sealed class ServiceRange
{
    // Kubernetes gives the first address to kubernetes.default and, by convention, the tenth to the cluster's DNS.
    private const int ApiIndex = 1;
    private const int DnsIndex = 10;

    private readonly UInt128 network;
    private readonly UInt128 last;

    public ServiceRange(Cidr cidr)
    {
        Cidr = cidr;
        network = ToNumber(cidr.AddressAt(0));
        var host = (cidr.Family == AddressFamily.InterNetwork ? 32 : 128) - cidr.PrefixLength;
        last = host == 128 ? UInt128.MaxValue : network + ((UInt128.One << host) - 1);

        // IPv4 keeps the last address for broadcast; both families keep the first for the network (IPv6: the routers' anycast address, RFC 4291 section 2.6.1).
        var top = cidr.Family == AddressFamily.InterNetwork ? last - network - 1 : last - network;
        Indices = host < 2 ? 0 : top;
        Usable = Indices - (Indices >= ApiIndex ? 1u : 0) - (Indices >= DnsIndex ? 1u : 0);
    }

    public Cidr Cidr { get; }

    /// <summary>How many addresses may be given without being asked for.</summary>
    public UInt128 Usable { get; }

    /// <summary>How many of them were given.</summary>
    public UInt128 Given { get; set; }

    /// <summary>The address of the cluster's DNS, or zero if the range is too small to have one.</summary>
    public UInt128 DnsAddress => last - network > DnsIndex ? network + DnsIndex : UInt128.Zero;

    private UInt128 Indices { get; }

    public bool Contains(UInt128 address) => address >= network && address <= last;

    /// <summary>Whether the address may be given without being asked for.</summary>
    public bool MayGive(UInt128 address)
    {
        if (!Contains(address))
            return false;
        var index = address - network;
        return index >= 1 && index <= Indices && index != ApiIndex && index != DnsIndex;
    }

    /// <summary>Where to look first for an alias: depends on its name alone, so that it is the same on every machine.</summary>
    public UInt128 FirstChoice(ulong hash) => network + 1 + (hash % Indices);

    /// <summary>Where to look after that one.</summary>
    public UInt128 Next(UInt128 address) => address - network >= Indices ? network + 1 : address + 1;

    /// <summary>The number of an address; that of an IPv4 address lies in <c>::ffff:0:0/96</c>, so that both families fit in one table.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            address.TryWriteBytes(octets, out _);
            return BinaryPrimitives.ReadUInt32BigEndian(octets) | ((UInt128)0xffff << 32);
        }

        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(octets);
    }

    /// <summary>The address of a number.</summary>
    public IPAddress ToAddress(UInt128 number)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, number);
        return new IPAddress(Cidr.Family == AddressFamily.InterNetwork ? octets[12..] : octets);
    }
}
