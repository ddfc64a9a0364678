using System.Globalization;
using System.Net;
using Elsewhere.Model;
using static Elsewhere.Tests.Model.Resolving.Given;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>What a real controller made of the same objects (recorded with Kubernetes 1.36).</summary>
public sealed class EndpointsMirrorSpecs
{
    private static string[] Mirrored(EndpointsView endpoints) => [.. EndpointsMirror.Slices(endpoints, out _).Select(Text).Order(StringComparer.Ordinal)];

    // IPv4 [http:8080] 192.0.2.1 192.0.2.2(a) -192.0.2.3
    private static string Text(EndpointSliceView slice) => string.Create(
        CultureInfo.InvariantCulture,
        $"{slice.AddressType} [{string.Join(' ', slice.Ports.Select(p => $"{p.Name}:{p.Port}").Order(StringComparer.Ordinal))}] {string.Join(' ', slice.Endpoints.Select(Text))}");

    private static string Text(EndpointView endpoint) =>
        $"{(endpoint.IsReady ? "" : "-")}{endpoint.Addresses.Single()}{(endpoint.Hostname.Length > 0 ? $"({endpoint.Hostname})" : "")}";

    [Fact]
    public void One_slice_per_family_and_set_of_ports() =>
        Assert.Equal(
            ["IPv4 [http:8080] 192.0.2.1 192.0.2.3", "IPv4 [http:9090] 192.0.2.2", "IPv6 [http:8080] 2001:db8::1"],
            Mirrored(Endpoints(
                "m",
                Subset("192.0.2.1 2001:db8::1", SlicePort(8080, "http")),
                Subset("192.0.2.2", SlicePort(9090, "http")),
                Subset("192.0.2.3", SlicePort(8080, "http")))));

    [Fact]
    public void Ports_that_have_the_same_addresses_share_a_slice() =>
        Assert.Equal(
            ["IPv4 [a:1 b:2] 192.0.2.1 192.0.2.2"],
            Mirrored(Endpoints("m", Subset("192.0.2.1 192.0.2.2", SlicePort(1, "a")), Subset("192.0.2.2 192.0.2.1", SlicePort(2, "b")))));

    [Fact]
    public void An_address_with_two_ports_of_different_sets_is_in_both() =>
        Assert.Equal(
            ["IPv4 [http:8080] 198.51.100.21 198.51.100.22", "IPv4 [https:8443] 198.51.100.22 198.51.100.23"],
            Mirrored(Endpoints(
                "m",
                Subset("198.51.100.21 198.51.100.22", SlicePort(8080, "http")),
                Subset("198.51.100.22 198.51.100.23", SlicePort(8443, "https")))));

    [Fact]
    public void Host_names_and_readiness_are_kept() =>
        Assert.Equal(
            ["IPv4 [pg:5432] 198.51.100.11(pg-0) 198.51.100.12 -198.51.100.13(pg-2)"],
            Mirrored(Endpoints(
                "m", Subset("198.51.100.11=pg-0 198.51.100.12", SlicePort(5432, "pg")) with { NotReadyAddresses = Addresses("198.51.100.13=pg-2") })));

    [Fact]
    public void Of_an_address_that_comes_twice_the_first_is_kept() =>
        Assert.Equal(["IPv4 [:80] 192.0.2.1"], Mirrored(Endpoints("m", Subset("192.0.2.1 192.0.2.1 192.0.2.1=h", SlicePort(80)))));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_address_that_is_ready_and_not_ready_is_not_ready(int subsets)
    {
        var ready = Subset("192.0.2.1", SlicePort(80));
        var not = Subset("", SlicePort(80)) with { NotReadyAddresses = Addresses("192.0.2.1 192.0.2.2") };
        var one = ready with { NotReadyAddresses = not.NotReadyAddresses };
        Assert.Equal(
            ["IPv4 [:80] -192.0.2.1 -192.0.2.2"], Mirrored(subsets == 1 ? Endpoints("m", one) : Endpoints("m", ready, not)));
    }

    [Fact]
    public void Addresses_without_ports_make_a_slice_without_ports() =>
        Assert.Equal(["IPv4 [:80] 192.0.2.2", "IPv4 [] 192.0.2.1"], Mirrored(Endpoints("m", Subset("192.0.2.1"), Subset("192.0.2.2", SlicePort(80)))));

    [Fact]
    public void Ports_without_addresses_make_no_slice() => Assert.Empty(Mirrored(Endpoints("m", Subset("", SlicePort(80)), Subset("", SlicePort(81)))));

    [Theory]
    [InlineData(1000, 1000, 0)]
    [InlineData(1001, 1000, 1)]
    [InlineData(1600, 1000, 600)]
    public void The_limit_of_1000_addresses_per_set_of_ports_leaves_the_rest_out(int addresses, int mirrored, int leftOut)
    {
        var all = Enumerable.Range(0, addresses).Select(i => new EndpointsAddressView(new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]), "")).ToSeq();
        var slice = Assert.Single(EndpointsMirror.Slices(Endpoints("m", new EndpointsSubsetView(all, [], [SlicePort(80)])), out var rest));
        Assert.Equal((mirrored, leftOut), (slice.Endpoints.Count, rest));
    }

    [Fact]
    public void A_slice_is_named_like_the_controller_names_it_but_the_same_each_time()
    {
        var endpoints = Endpoints("m", Subset("192.0.2.1 2001:db8::1", SlicePort(80)));
        var names = EndpointsMirror.Slices(endpoints, out _).Select(s => s.Key.Name).ToList();
        Assert.Equal(2, names.Distinct().Count());
        Assert.All(names, n => Assert.Matches("^m-[bcdfghjklmnpqrstvwxz2456789]{5}$", n));
        Assert.Equal(names, EndpointsMirror.Slices(endpoints, out _).Select(s => s.Key.Name));
        var long63 = new string('l', 63);
        Assert.Matches("^l{58}[bcdfghjklmnpqrstvwxz2456789]{5}$", EndpointsMirror.Slices(Endpoints(long63, Subset("192.0.2.1")), out _)[0].Key.Name);
    }

    [Fact]
    public void Only_the_endpoints_of_a_Service_without_selector_are_mirrored_whatever_its_type()
    {
        var endpoints = Endpoints("m", Subset("192.0.2.1", SlicePort(80)));
        var service = Service("m", Port(80));
        Assert.Equal(MirrorVerdict.Mirrored, EndpointsMirror.Of(endpoints, service).Verdict);
        Assert.Equal(MirrorVerdict.Mirrored, EndpointsMirror.Of(endpoints, ExternalName("m", "example.com")).Verdict);
        Assert.Equal(MirrorVerdict.HasSelector, EndpointsMirror.Of(endpoints, service with { HasSelector = true }).Verdict);
        Assert.Equal(MirrorVerdict.NoService, EndpointsMirror.Of(endpoints, null).Verdict);
        Assert.Equal(MirrorVerdict.Skipped, EndpointsMirror.Of(endpoints with { SkipMirror = true }, service).Verdict);
        Assert.Equal(MirrorVerdict.LeaderElection, EndpointsMirror.Of(endpoints with { LeaderElection = true }, service).Verdict);
    }

    [Fact]
    public void A_mirrored_slice_carries_the_controllers_label_and_the_services_name()
    {
        var slice = Assert.Single(Resolved(Service("m", Port(80)), Endpoints("m", Subset("192.0.2.1", SlicePort(80)))).EndpointSlices);
        Assert.Equal(("m", "endpointslicemirroring-controller.k8s.io"), (slice.ServiceName, slice.ManagedBy));
    }
}
