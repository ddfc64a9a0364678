using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>
/// Small clusters drawn at random, crowded on purpose: few names, so that Services, endpoints, aliases and namespaces collide in all ways.
/// </summary>
internal sealed class RandomCluster
{
    private static readonly string[] Namespaces = ["default", "shop", "svc", "pod", "dns", "a"];
    private static readonly string[] Names = ["web", "db", "svc", "pod", "a", "x-1", "dns"];
    private static readonly string[] Hosts = ["web-0", "web-1", "a", "10-0-0-1", "db"];
    private static readonly string[] PortNames = ["", "http", "dns", "a"];

    private readonly Random random;

    public RandomCluster(int seed)
    {
        random = new Random(seed);
        var taken = new HashSet<IPAddress>();
        var services = Some(1, 9, Service).DistinctBy(s => s.Key).Where(s => s.ClusterIPs.All(taken.Add)).ToSeq();
        View = new ClusterView(
            Some(0, 3, () => new NamespaceView(One(Namespaces), null, null)).Distinct().ToSeq(),
            services,
            Some(0, 4, Endpoints).DistinctBy(e => e.Key).ToSeq(),
            Some(0, 6, Slice).DistinctBy(s => s.Key).ToSeq(),
            [],
            []);
    }

    public ClusterView View { get; }

    /// <summary>A name to ask for: mostly one that has to do with the cluster, sometimes bent.</summary>
    public string Question()
    {
        var service = $"{One(Names)}.{One(Namespaces)}.svc.cluster.local.";
        var name = random.Next(12) switch
        {
            0 => One(["cluster.local.", "svc.cluster.local.", "pod.cluster.local.", "dns-version.cluster.local.", "ns.dns.cluster.local.", "x.cluster.local."]),
            1 => $"{One(Namespaces)}.{One(["svc", "pod"])}.cluster.local.",
            2 or 3 => Address(random.Next(2) == 0) is var address && address.AddressFamily == AddressFamily.InterNetwork
                ? string.Join('.', address.GetAddressBytes().Reverse()) + ".in-addr.arpa."
                : string.Join('.', Convert.ToHexStringLower(address.GetAddressBytes()).Reverse()) + ".ip6.arpa.",
            4 => $"{One(Hosts)}.{service}",
            5 => $"{Dashed(Address(random.Next(3) == 0))}.{service}",
            6 => $"_{One(PortNames)}._{One(["tcp", "udp", "sctp", ""])}.{service}",
            7 => $"{One(PortNames)}.{One(["tcp", "_udp", "any"])}.{service}".TrimStart('.'),
            8 => $"{One(Names)}.{One(Namespaces)}.pod.cluster.local.",
            9 => $"{One(Hosts)}.{One(Hosts)}.{One(Hosts)}.{service}",
            _ => service,
        };
        if (random.Next(8) == 0)
            name = string.Concat(name.Select(c => random.Next(2) == 0 ? char.ToUpperInvariant(c) : c));
        return name;
    }

    public ushort Type() => One(
    [
        RecordType.A, RecordType.A, RecordType.A, RecordType.Aaaa, RecordType.Aaaa, RecordType.Srv, RecordType.Srv, RecordType.Cname,
        RecordType.Ptr, RecordType.Ptr, RecordType.Txt, RecordType.MX, RecordType.NS, RecordType.Soa, RecordType.Https, RecordType.Any,
    ]);

    private ServiceView Service()
    {
        var key = new ObjectKey(One(Namespaces), One(Names));
        var kind = random.Next(4);
        if (kind == 0)
        {
            var target = random.Next(4) switch
            {
                0 => "prod.database.example",
                1 => $"{One(Names)}.{key.Name}.{key.Namespace}.svc.cluster.local",
                2 => One(["192.0.2.1", "cluster.local", "dns-version.cluster.local", "1.2.3", "localhost", $"{One(Hosts)}.{One(Names)}.{One(Namespaces)}.svc.cluster.local"]),
                _ => $"{One(Names)}.{One(Namespaces)}.svc.cluster.local",
            };
            return NewService(key, ServiceType.ExternalName, false, [], target);
        }

        var headless = kind == 1;
        Seq<IPAddress> addresses = headless ? [] : random.Next(3) switch
        {
            0 => [Address(true)],
            1 => [Address(false), Address(true)],
            _ => [Address(false)],
        };
        return NewService(key, ServiceType.ClusterIP, headless, addresses, null);
    }

    private ServiceView NewService(ObjectKey key, ServiceType type, bool headless, Seq<IPAddress> addresses, string? externalName)
    {
        var ports = Some(headless || externalName is not null ? 0 : 1, 4, () => new ServicePortView(One(PortNames), random.Next(1, 4), Transport(), "80", ""))
            .DistinctBy(p => (p.Port, p.Protocol)).DistinctBy(p => p.Name).ToSeq();
        return new ServiceView(
            key, type, headless, addresses, externalName, externalName, ports, HasSelector: random.Next(6) == 0, PublishNotReadyAddresses: random.Next(4) == 0,
            null, addresses.Select(a => a.AddressFamily).ToSeq(), addresses.Count == 2 ? IPFamilyPolicy.RequireDualStack : null, [], null, null);
    }

    private EndpointsView Endpoints() => new(
        new ObjectKey(One(Namespaces), One(Names)),
        Some(1, 3, () => new EndpointsSubsetView(
            Some(0, 3, () => new EndpointsAddressView(Address(random.Next(3) == 0), One([.. Hosts, "", "", ""]))).ToSeq(),
            Some(0, 2, () => new EndpointsAddressView(Address(random.Next(3) == 0), One([.. Hosts, ""]))).ToSeq(),
            Some(0, 3, () => new SlicePortView(One(PortNames), random.Next(1, 4), Transport(), "")).DistinctBy(p => p.Name).ToSeq())).ToSeq(),
        SkipMirror: random.Next(5) == 0,
        LeaderElection: random.Next(9) == 0,
        null);

    private EndpointSliceView Slice()
    {
        var type = One([AddressType.IPv4, AddressType.IPv4, AddressType.IPv6, AddressType.Fqdn]);
        return new EndpointSliceView(
            new ObjectKey(One(Namespaces), $"slice-{random.Next(9)}"),
            One(Names),
            "",
            type,
            Some(0, 4, () => new EndpointView(
                type == AddressType.Fqdn ? [] : Some(1, 3, () => Address(type == AddressType.IPv6)).Distinct().ToSeq(),
                type == AddressType.Fqdn ? [DnsName.Parse(One(["origin-1.example.test", "prod.database.example", "web.default.svc.cluster.local"]))] : [],
                One([.. Hosts, "", "", ""]),
                One<bool?>([null, true, false]),
                One<bool?>([null, true, false]),
                One<bool?>([null, true, false]))).ToSeq(),
            Some(0, 3, () => new SlicePortView(One([.. PortNames, null]), random.Next(5) == 0 ? null : random.Next(1, 4), Transport(), "")).DistinctBy(p => p.Name).ToSeq(),
            null);
    }

    /// <summary>Some objects of a view go, some of another cluster come, and some are exchanged for another of the same name; all others are the same instances.</summary>
    public static ClusterView Edited(ClusterView view, int seed, Random random)
    {
        var other = new RandomCluster(seed).View;
        var services = Mixed(view.Services, other.Services, static s => s.Key, random);
        var taken = new HashSet<IPAddress>();
        return view with
        {
            Services = services.Where(s => s.ClusterIPs.All(taken.Add)).ToSeq(),
            EndpointSlices = Mixed(view.EndpointSlices, other.EndpointSlices, static s => s.Key, random).ToSeq(),
            Endpoints = Mixed(view.Endpoints, other.Endpoints, static s => s.Key, random).ToSeq(),
        };
    }

    /// <summary>One slice leads to other endpoints.</summary>
    public static ClusterView Retargeted(ClusterView view, int seed, Random random)
    {
        if (view.EndpointSlices.IsEmpty || new RandomCluster(seed).View.EndpointSlices is not [var other, ..])
            return view;
        var which = random.Next(view.EndpointSlices.Count);
        return view with
        {
            EndpointSlices = view.EndpointSlices.Select((slice, i) => i == which && slice.AddressType == other.AddressType ? slice with { Endpoints = other.Endpoints } : slice).ToSeq(),
        };
    }

    private static List<T> Mixed<T>(Seq<T> some, Seq<T> others, Func<T, ObjectKey> key, Random random) =>
        some.Where(_ => random.Next(6) > 0).Concat(others.Where(_ => random.Next(4) == 0)).DistinctBy(key).OrderBy(key).ToList();

    private IPAddress Address(bool six) => six
        ? IPText.Parse(One(["fd00::1", "fd00::2", "2001:db8::", "2001:db8:0:1:0:1:0:9", "64:ff9b::cb00:7101", "2001:db8::5efe:1.2.3.4"]))
        : IPText.Parse(string.Create(CultureInfo.InvariantCulture, $"10.0.0.{random.Next(1, 7)}"));

    private static string Dashed(IPAddress address) => LiteralRules.Hostname("", LiteralRules.Text(address));

    private Protocol Transport() => One([Protocol.Tcp, Protocol.Tcp, Protocol.Udp, Protocol.Sctp]);

    private T One<T>(T[] choices) => choices[random.Next(choices.Length)];

    private List<T> Some<T>(int least, int below, Func<T> make)
    {
        var some = new List<T>();
        for (var count = random.Next(least, below); count > 0; count--)
            some.Add(make());
        return some;
    }
}
