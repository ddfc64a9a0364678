using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>Objects as a manifest would have them, with what a case does not care about left at Kubernetes' defaults.</summary>
internal static class Given
{
    public static ObjectKey Key(string text) =>
        text.Split('/') is [var ns, var name] ? new ObjectKey(ns, name) : new ObjectKey("default", text);

    public static ServiceView Service(string key, params ServicePortView[] ports) => new(
        Key(key), ServiceType.ClusterIP, false, [], null, null, ports.ToSeq(), false, false, null, [], null, [], null, null);

    public static ServiceView Headless(string key, params ServicePortView[] ports) => Service(key, ports) with { Headless = true };

    public static ServiceView ExternalName(string key, string target) =>
        Service(key) with { Type = ServiceType.ExternalName, ExternalName = target.TrimEnd('.'), ExternalNameAsWritten = target };

    public static ServicePortView Port(int port, string name = "", Protocol protocol = Protocol.Tcp, string? targetPort = null) =>
        new(name, port, protocol, targetPort ?? $"{port}", "");

    public static SlicePortView SlicePort(int? port, string name = "", Protocol protocol = Protocol.Tcp) => new(name, port, protocol, "");

    public static EndpointsView Endpoints(string key, params EndpointsSubsetView[] subsets) => new(Key(key), subsets.ToSeq(), false, false, null);

    public static EndpointsSubsetView Subset(string addresses, params SlicePortView[] ports) => new(Addresses(addresses), [], ports.ToSeq());

    public static EndpointSliceView Slice(string key, string service, string addresses, params SlicePortView[] ports)
    {
        var all = IPs(addresses);
        return new EndpointSliceView(
            Key(key),
            service,
            "",
            all.IsEmpty || all[0].AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? AddressType.IPv4 : AddressType.IPv6,
            all.Select(a => Endpoint(a)).ToSeq(),
            ports.ToSeq(),
            null);
    }

    public static EndpointView Endpoint(IPAddress address, bool? ready = null, bool? serving = null, bool? terminating = null) =>
        new([address], [], "", ready, serving, terminating);

    public static AliasView Alias(string key, AliasMode mode, params string[] origins) => new(
        Key(key),
        mode,
        origins.Select(o => new OriginView(Url(o), 0, 100, [])).ToSeq(),
        origins.Select(o => Url(o).Port).Distinct().Select(p => Port(p)).ToSeq(),
        [],
        null);

    public static OriginUrl Url(string text)
    {
        var uri = new Uri(text);
        var scheme = Enum.Parse<OriginScheme>(uri.Scheme, ignoreCase: true);
        return IPText.TryParse(uri.Host.Trim('[', ']'), out var address)
            ? new OriginUrl(scheme, null, address, uri.Port, uri.AbsolutePath)
            : new OriginUrl(scheme, DnsName.Parse(uri.Host), null, uri.Port, uri.AbsolutePath);
    }

    /// <summary>Addresses with blanks between them; <c>address=host</c> gives the host name.</summary>
    public static Seq<EndpointsAddressView> Addresses(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(a => a.Split('='))
            .Select(a => new EndpointsAddressView(IPText.Parse(a[0]), a.ElementAtOrDefault(1) ?? ""))
            .ToSeq();

    public static Seq<IPAddress> IPs(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPText.Parse).ToSeq();

    /// <summary>A view of these objects, in the order in which they come.</summary>
    public static ClusterView View(params object[] objects) => new(
        objects.OfType<NamespaceView>().ToSeq(),
        objects.OfType<ServiceView>().ToSeq(),
        objects.OfType<EndpointsView>().ToSeq(),
        objects.OfType<EndpointSliceView>().ToSeq(),
        objects.OfType<AliasView>().ToSeq(),
        [],
        objects.OfType<SecretView>().ToSeq(),
        objects.OfType<ConfigMapView>().ToSeq(),
        objects.OfType<AliasPolicyView>().ToSeq());

    public static ResolveOptions Options(string cidrs = "127.96.0.0/16", AddressBook? previous = null) =>
        ResolveOptions.Default with
        {
            ServiceCidrs = cidrs.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Cidr.Parse).ToSeq(),
            Previous = previous ?? AddressBook.Empty,
        };

    public static AliasSnapshot Resolved(params object[] objects) => Resolve.Run(View(objects), Options());

    public static Alias AliasOf(this AliasSnapshot snapshot, string key) => Assert.Single(snapshot.Aliases, a => a.Key == Key(key));

    /// <summary><c>1.1.1.1:9000 ...</c></summary>
    public static string BackendsOf(this AliasSnapshot snapshot, string key, int port = 0) =>
        string.Join(' ', snapshot.AliasOf(key).Ports[port].Backends.Select(b => new IPEndPointText(b)));

    private readonly record struct IPEndPointText(Backend Backend)
    {
        public override string ToString() =>
            Backend.Address is { } address ? new IPEndPoint(address, Backend.Port).ToString() : $"{Backend.Name}:{Backend.Port}";
    }
}
