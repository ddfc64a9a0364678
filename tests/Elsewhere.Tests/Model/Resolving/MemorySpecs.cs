using System.Net;
using Elsewhere.Model;
using Elsewhere.Tests.Dns;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>What is remembered of objects that did not change makes a snapshot sooner, and never another one.</summary>
public sealed class MemorySpecs
{
    private const int Lives = 80;
    private const int Changes = 8;

    private static readonly Seq<Cidr>[] Ranges = [[Cidr.Parse("127.96.0.0/16")], [Cidr.Parse("127.96.0.0/29")], [Cidr.Parse("127.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")]];

    [Fact]
    public void A_view_of_known_objects_resolves_to_what_one_of_new_objects_does()
    {
        for (var seed = 0; seed < Lives; seed++)
        {
            var random = new Random(seed);
            var (view, book) = (new RandomCluster(seed).View, AddressBook.Empty);
            for (var change = 0; change < Changes; change++)
            {
                // Another range now and then, as if the program had been started with other options: memories outlive that.
                var options = ResolveOptions.Default with { Previous = book, ServiceCidrs = Ranges[random.Next(8) < 6 ? 0 : random.Next(Ranges.Length)] };

                var known = Resolve.Run(view, options);

                Assert.Equal(Resolve.Run(Anew(view), options with { Previous = new AddressBook(book.Entries) }), known);
                book = known.Addresses;
                var other = 1000 + (seed * Changes) + change;
                view = random.Next(3) == 0 ? RandomCluster.Edited(view, other, random) : RandomCluster.Retargeted(view, other, random);
            }
        }
    }

    [Fact]
    public void A_view_with_other_slices_alone_resolves_to_what_one_of_new_objects_does()
    {
        for (var seed = 0; seed < Lives; seed++)
        {
            var random = new Random(seed);
            var (view, book) = (new RandomCluster(seed).View, AddressBook.Empty);
            for (var change = 0; change < Changes; change++)
            {
                var options = ResolveOptions.Default with { Previous = book, ServiceCidrs = Ranges[seed % Ranges.Length] };

                var known = Resolve.Run(view, options);

                Assert.Equal(Resolve.Run(Anew(view), options with { Previous = new AddressBook(book.Entries) }), known);
                book = known.Addresses;
                view = view with { EndpointSlices = OtherSlices(view, new RandomCluster(1000 + (seed * Changes) + change).View, random) };
            }
        }
    }

    [Fact]
    public void A_namespace_goes_with_its_last_slice_and_comes_with_its_first()
    {
        var view = ClusterView.Empty with { Services = [Service("a", [])] };
        var slice = new EndpointSliceView(new ObjectKey("far", "x"), "a", "", AddressType.IPv4, [], [], null);

        var namespaces = new[] { view, view with { EndpointSlices = [slice] }, view }.Select(static view => Resolve.Run(view, ResolveOptions.Default).Namespaces.Contains("far"));

        Assert.Equal([false, true, false], namespaces);
    }

    [Fact]
    public void What_is_said_of_endpoints_follows_the_addresses_of_others()
    {
        var slice = new EndpointSliceView(
            new ObjectKey("default", "a-1"), "a", "", AddressType.IPv4, [new EndpointView([IPText.Parse("10.0.0.9")], [], "", null, null, null)],
            [new SlicePortView("", 80, Protocol.Tcp, "")], null);
        var view = ClusterView.Empty with { Services = [Service("a", [])], EndpointSlices = [slice] };
        var before = Resolve.Run(view, ResolveOptions.Default);

        var after = Resolve.Run(
            view with { Services = [view.Services[0], Service("b", [IPText.Parse("10.0.0.9")])] }, ResolveOptions.Default with { Previous = before.Addresses });

        Assert.DoesNotContain(before.Findings, static finding => finding.Code == FindingCodes.EndpointIsServiceAddress.Name);
        Assert.Contains(after.Findings, static finding => finding.Code == FindingCodes.EndpointIsServiceAddress.Name);
    }

    [Fact]
    public void Addresses_that_nobody_moved_are_the_same_book()
    {
        var view = new RandomCluster(5).View;
        var book = Resolve.Run(view, ResolveOptions.Default).Addresses;

        Assert.Same(book, Resolve.Run(view, ResolveOptions.Default with { Previous = book }).Addresses);
    }

    // Some go, some come from elsewhere, some lead elsewhere, some stand in another place.
    private static Seq<EndpointSliceView> OtherSlices(ClusterView view, ClusterView other, Random random)
    {
        var slices = view.EndpointSlices.Where(_ => random.Next(6) > 0).ToList();
        foreach (var slice in other.EndpointSlices.Where(_ => random.Next(6) == 0))
        {
            if (slices.FindIndex(one => one.Key == slice.Key) is >= 0 and var at)
                slices[at] = slice;
            else
                slices.Add(slice);
        }

        for (var i = 0; i < slices.Count; i++)
        {
            if (random.Next(8) == 0 && view.Services.Count > 0)
                slices[i] = slices[i] with { ServiceName = view.Services[random.Next(view.Services.Count)].Key.Name };
        }

        if (random.Next(4) > 0)
            slices.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        return slices.ToSeq();
    }

    private static ClusterView Anew(ClusterView view) => view with
    {
        Services = view.Services.Select(static service => service with { }).ToSeq(),
        Endpoints = view.Endpoints.Select(static endpoints => endpoints with { }).ToSeq(),
        EndpointSlices = view.EndpointSlices.Select(static slice => slice with { }).ToSeq(),
    };

    private static ServiceView Service(string name, Seq<IPAddress> addresses) => new(
        new ObjectKey("default", name), ServiceType.ClusterIP, false, addresses, null, null, [new ServicePortView("", 80, Protocol.Tcp, "80", "")], false, false, null, [], null, [], null, null);
}
