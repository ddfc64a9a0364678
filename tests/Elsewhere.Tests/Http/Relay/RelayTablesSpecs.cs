using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using Elsewhere.Tests.Dns;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>A table that keeps the entries of the one before it is the table that is made anew.</summary>
public sealed class RelayTablesSpecs
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];

    [Fact]
    public void A_table_made_of_the_one_before_is_the_one_that_is_made_anew()
    {
        var kept = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var (view, tables, before, book) = (ClusterView.Empty, new RelayTables(DialPolicy.OneMachine), RelayTable.Empty, AddressBook.Empty);
            for (var change = 0; change < 40; change++)
            {
                view = Edited(view, random);
                var snapshot = Resolve.Run(view, ResolveOptions.Default with { Previous = book });

                var table = tables.Build(snapshot, OriginAddresses.Empty);

                Assert.Equal(RelayTable.Build(snapshot, OriginAddresses.Empty, DialPolicy.OneMachine), table);
                kept += table != before && table.Entries.Any(entry => before.Entries.Any(old => ReferenceEquals(old, entry))) ? 1 : 0;
                (before, book) = (table, snapshot.Addresses);
            }
        }

        Assert.True(kept > 100, $"only {kept} tables kept anything of the one before: the comparison means little");
    }

    [Fact]
    public void It_is_so_for_clusters_in_which_much_is_wrong_too()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var (view, tables, book) = (new RandomCluster(seed).View, new RelayTables(DialPolicy.OneMachine), AddressBook.Empty);
            for (var change = 0; change < 8; change++)
            {
                var snapshot = Resolve.Run(view, ResolveOptions.Default with { Previous = book });

                Assert.Equal(RelayTable.Build(snapshot, OriginAddresses.Empty, DialPolicy.OneMachine), tables.Build(snapshot, OriginAddresses.Empty));
                book = snapshot.Addresses;
                var other = 1000 + (seed * 8) + change;
                view = random.Next(3) == 0 ? RandomCluster.Edited(view, other, random) : RandomCluster.Retargeted(view, other, random);
            }
        }
    }

    [Fact]
    public void What_does_not_concern_the_relay_leaves_the_table_itself()
    {
        var view = With(ClusterView.Empty, "a", Service("a", 80), Slice("a", 1));
        var tables = new RelayTables(DialPolicy.OneMachine);
        var before = tables.Build(Resolve.Run(view, ResolveOptions.Default), OriginAddresses.Empty);

        var after = tables.Build(Resolve.Run(With(view, "b", External("b"), null), ResolveOptions.Default), OriginAddresses.Empty);

        Assert.Same(before, after);
    }

    // One Service or its endpoints: another, another kind, or away.
    private static ClusterView Edited(ClusterView view, Random random)
    {
        var name = Names[random.Next(Names.Length)];
        var last = (byte)random.Next(1, 250);
        return random.Next(8) switch
        {
            0 => With(view, name, null, null),
            1 => With(view, name, External(name), null),
            2 => With(view, name, Service(name, 80 + random.Next(2)), Slice(name, last)),
            _ => With(view, name, view.Services.FirstOrDefault(service => service.Key.Name == name) ?? Service(name, 80), Slice(name, last)),
        };
    }

    private static ClusterView With(ClusterView view, string name, ServiceView? service, EndpointSliceView? slice) => view with
    {
        Services = view.Services.Where(other => other.Key.Name != name).Concat(service is null ? [] : [service]).OrderBy(static other => other.Key).ToSeq(),
        EndpointSlices = view.EndpointSlices.Where(other => other.Key.Name != name).Concat(slice is null ? [] : [slice]).OrderBy(static other => other.Key).ToSeq(),
    };

    private static ServiceView Service(string name, int port) => new(
        new ObjectKey("default", name), ServiceType.ClusterIP, false, [], null, null, [new ServicePortView("", port, Protocol.Tcp, "9000", "")], false, false, null, [], null, [], null, null);

    private static ServiceView External(string name) => new(
        new ObjectKey("default", name), ServiceType.ExternalName, false, [], "origin.example.test", "origin.example.test", [], false, false, null, [], null, [], null, null);

    private static EndpointSliceView Slice(string name, byte last) => new(
        new ObjectKey("default", name), name, "", AddressType.IPv4,
        [new EndpointView([new IPAddress([10, 0, 0, last])], [], "", null, null, null)], [new SlicePortView("", 9000, Protocol.Tcp, "")], null);
}
