using Elsewhere.Model;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static Elsewhere.Tests.Model.Resolving.Given;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>What holds for every cluster, however odd: random objects with few names, so that they meet.</summary>
public sealed class ResolveProperties
{
    [Property(MaxTest = 300)]
    public bool The_order_of_the_objects_makes_no_difference(int seed, int shuffle)
    {
        var view = RandomView(new Random(seed));
        return Resolve.Run(view, Small).Equals(Resolve.Run(Shuffled(view, new Random(shuffle)), Small));
    }

    [Property(MaxTest = 300)]
    public bool Equal_input_makes_an_equal_snapshot_and_hash(int seed)
    {
        var (left, right) = (Resolve.Run(RandomView(new Random(seed)), Small), Resolve.Run(RandomView(new Random(seed)), Small));
        return left.Equals(right) && left.GetHashCode() == right.GetHashCode();
    }

    [Property(MaxTest = 300)]
    public bool A_second_run_with_the_addresses_of_the_first_changes_nothing(int seed)
    {
        var view = RandomView(new Random(seed));
        var first = Resolve.Run(view, Small);
        return first.Equals(Resolve.Run(view, Small with { Previous = first.Addresses }));
    }

    [Property(MaxTest = 300)]
    public bool What_was_resolved_before_leaves_no_trace(int seed, int other)
    {
        // The same Services, which are remembered, with other endpoints around them; and the same again with nothing to remember.
        var services = RandomView(new Random(seed));
        Resolve.Run(services, Small);
        Resolve.Run(services, Options());
        return Mixed(services).Equals(Mixed(RandomView(new Random(seed))));

        AliasSnapshot Mixed(ClusterView first)
        {
            var second = RandomView(new Random(other));
            return Resolve.Run(first with { Endpoints = second.Endpoints, EndpointSlices = second.EndpointSlices }, Small);
        }
    }

    [Property(MaxTest = 300)]
    public bool An_alias_that_is_added_moves_no_other_ones_address(int seed)
    {
        var random = new Random(seed);
        var view = RandomView(random);
        var before = Resolve.Run(view, Small);
        var added = RandomService(random, "added");
        var after = Resolve.Run(view with { Services = view.Services.Append(added).ToSeq() }, Small with { Previous = before.Addresses });
        return before.Aliases.All(a => a.Key == added.Key || a.ServiceAddresses.Equals(after.Aliases.Single(b => b.Key == a.Key).ServiceAddresses));
    }

    [Property(MaxTest = 300)]
    public bool No_two_aliases_have_the_same_address_and_nobody_a_reserved_one_unasked(int seed)
    {
        var view = RandomView(new Random(seed));
        var snapshot = Resolve.Run(view, Small);
        var given = snapshot.Aliases.SelectMany(a => a.ServiceAddresses).ToList();
        var asked = view.Services.SelectMany(s => s.ClusterIPs).ToHashSet();
        return given.Distinct().Count() == given.Count
            && given.Where(a => !asked.Contains(a)).All(a => a.GetAddressBytes()[^1] is not (0 or 1 or 10) && Small.ServiceCidrs.Any(c => c.Contains(a)))
            && snapshot.Addresses.Entries.Select(e => e.Address).ToHashSet().SetEquals(given);
    }

    [Property(MaxTest = 300)]
    public bool One_object_more_or_less_in_another_namespace_changes_no_other_alias(int seed)
    {
        var view = RandomView(new Random(seed));
        var with = view with { Services = view.Services.Append(ExternalName("far-away/x", "far-away.x.svc.cluster.local")).ToSeq() };
        return Resolve.Run(view, Small).Aliases.Equals(Resolve.Run(with, Small).Aliases.Where(a => a.Key.Namespace != "far-away").ToSeq());
    }

    [Property(MaxTest = 300)]
    public bool Everything_comes_out_sorted_and_once(int seed)
    {
        var snapshot = Resolve.Run(RandomView(new Random(seed)), Small);
        return IsSorted(snapshot.Aliases.Select(a => a.Key)) && IsSorted(snapshot.EndpointSlices.Select(s => s.Key))
            && snapshot.Namespaces.SequenceEqual(snapshot.Namespaces.Distinct().Order(StringComparer.Ordinal));
    }

    private static ResolveOptions Small { get; } = Options("127.96.0.0/27,fd00:10:96::/123");

    private static bool IsSorted(IEnumerable<ObjectKey> keys) => keys.Zip(keys.Skip(1)).All(p => p.First < p.Second);

    private static ClusterView Shuffled(ClusterView view, Random random)
    {
        return new ClusterView(
            Mixed(view.Namespaces), Mixed(view.Services), Mixed(view.Endpoints), Mixed(view.EndpointSlices), Mixed(view.Aliases), view.Findings);

        Seq<T> Mixed<T>(Seq<T> items)
        {
            var array = items.ToArray();
            random.Shuffle(array);
            return array.ToSeq();
        }
    }

    private static ClusterView RandomView(Random random)
    {
        var objects = new Dictionary<(Type, ObjectKey), object>();
        for (var i = random.Next(30); i > 0; i--)
        {
            var name = $"{Pick(random, "a", "b")}/{Pick(random, "one", "two", "three", "four", "five", "six", "seven")}";
            object made = random.Next(5) switch
            {
                0 or 1 => RandomService(random, name),
                2 => Endpoints(name, [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomSubset(random))]) with { SkipMirror = random.Next(9) == 0 },
                3 => Slice($"{name}-{random.Next(3)}", Pick(random, "one", "two", "three", "four", ""), RandomAddress(random), RandomSlicePort(random)),
                _ => Alias(name, (AliasMode)random.Next(3), Pick(random, "tcp://x.example:80", "udp://9.9.9.9:53", "https://localhost", "http://one.b.svc.cluster.local")),
            };
            objects.TryAdd((made.GetType(), KeyOf(made)), made);
        }

        return View([.. objects.Values]);
    }

    private static ServiceView RandomService(Random random, string key)
    {
        var service = random.Next(5) == 0
            ? ExternalName(key, Pick(random, "one.a.svc.cluster.local", "two.b.svc.cluster.local", "example.com.", "1.2.3.4", "one", "three.b"))
            : Service(key, [.. Enumerable.Range(0, random.Next(1, 3)).Select(i => Port(80 + i, Pick(random, "", "http", "web"), (Protocol)random.Next(3)))]);
        return service with
        {
            Headless = service.Type == ServiceType.ClusterIP && random.Next(6) == 0,
            HasSelector = random.Next(6) == 0,
            ClusterIPs = service.Type == ServiceType.ClusterIP && random.Next(4) == 0
                ? IPs(Pick(random, "127.96.0.5", "127.96.0.6", "127.96.0.10", "fd00:10:96::5", "10.1.1.1", "0.0.0.0"))
                : [],
            IPFamilyPolicy = random.Next(3) == 0 ? (IPFamilyPolicy)random.Next(3) : null,
        };
    }

    private static EndpointsSubsetView RandomSubset(Random random) =>
        new(
            Addresses(string.Join(' ', Enumerable.Range(0, random.Next(4)).Select(_ => RandomAddress(random)))),
            Addresses(string.Join(' ', Enumerable.Range(0, random.Next(2)).Select(_ => RandomAddress(random)))),
            Enumerable.Range(0, random.Next(3)).Select(_ => RandomSlicePort(random)).ToSeq());

    private static SlicePortView RandomSlicePort(Random random) =>
        SlicePort(random.Next(8) == 0 ? null : 8080 + random.Next(2), Pick(random, "", "http", "web"), (Protocol)random.Next(3));

    private static string RandomAddress(Random random) => Pick(random, "9.9.9.1", "9.9.9.2", "2606:4700::1", "127.96.0.5", "168.63.129.16", "192.0.2.1");

    private static ObjectKey KeyOf(object item) => (ObjectKey)item.GetType().GetProperty("Key")!.GetValue(item)!;

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
