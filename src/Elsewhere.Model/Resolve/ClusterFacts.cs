using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>The view, sorted and indexed; nothing is decided here.</summary>
internal sealed class ClusterFacts
{
    // By index instead of by key in dictionaries: everything is sorted, so that a look-up mostly ends where the one before did, and large tables would cost a
    // collection of the whole heap each time.
    private readonly int[] owners;
    private readonly int[] firstSlice;
    private readonly int[] nextSlice;

    private ClusterFacts(ClusterView view, ResolveOptions options, ClusterFacts? last)
    {
        View = view;
        Options = options;
        References = new References(view);
        Services = last?.Services ?? Sorting.ByKey(view.Services, static s => s.Key);
        AliasResources = last?.AliasResources ?? Sorting.ByKey(view.Aliases, static a => a.Key);
        Declarations = last?.Declarations ?? Declare(Services, AliasResources, GatewayAsked.Of(view, options));
        Mirrors = last?.Mirrors ?? MirrorsOf(Sorting.ByKey(view.Endpoints, static e => e.Key));
        var written = last is null ? null : KeptSlices.Of(last.WrittenSlices, Seq.Lend(view.EndpointSlices));
        WrittenSlices = written is null ? Sorting.ByKey(view.EndpointSlices, static s => s.Key) : Seq.Lend(view.EndpointSlices);
        Slices = Merge(WrittenSlices, Mirrors);
        var kept = written is null || ReferenceEquals(Slices, WrittenSlices) ? written : KeptSlices.Of(last!.Slices, Slices);
        owners = OwnersOf(Slices, kept, last);
        firstSlice = new int[Declarations.Length];
        nextSlice = new int[Slices.Length];
        Array.Fill(firstSlice, -1);
        for (var i = Slices.Length - 1; i >= 0; i--)
        {
            if (owners[i] < 0)
                continue;
            nextSlice[i] = firstSlice[owners[i]];
            firstSlice[owners[i]] = i;
        }

        foreach (var cidr in options.ServiceCidrs)
        {
            ref var range = ref Ranges[cidr.Family == AddressFamily.InterNetwork ? 0 : 1];
            range ??= new ServiceRange(cidr);
        }

        var touched = kept is null ? null : Touched(kept, last!);
        Changes = touched is null ? null : new(written!, touched);
        // A slice of a Service stands in the namespace of that; any other one may be the only one there.
        Namespaces = touched is null || touched.Remove(-1) ? CollectNamespaces(this) : last!.Namespaces;
    }

    public ClusterView View { get; }

    public ResolveOptions Options { get; }

    /// <summary>Sorted by key, as everything here.</summary>
    public ServiceView[] Services { get; }

    public AliasView[] AliasResources { get; }

    /// <summary>What makes an alias: every Service, and the Alias resources whose name no Service has; one of a key.</summary>
    public Declaration[] Declarations { get; }

    public EndpointSliceView[] WrittenSlices { get; }

    public Mirror[] Mirrors { get; }

    /// <summary>Written and mirrored.</summary>
    public EndpointSliceView[] Slices { get; }

    /// <summary>The ranges of service addresses: IPv4, IPv6; null where there is none.</summary>
    public ServiceRange?[] Ranges { get; } = new ServiceRange?[2];

    /// <summary>The family of the first range.</summary>
    public AddressFamily DefaultFamily => Options.ServiceCidrs.IsEmpty ? AddressFamily.InterNetwork : Options.ServiceCidrs[0].Family;

    public bool IsDualStack => Ranges[0] is not null && Ranges[1] is not null;

    public Seq<string> Namespaces { get; }

    /// <summary>Secrets and ConfigMaps, for references.</summary>
    public References References { get; }

    /// <summary>In what this differs from the facts that it was made from; null if it was made from nothing.</summary>
    public SliceChanges? Changes { get; }

    /// <summary>Sorts and indexes a view.</summary>
    /// <param name="view">The view.</param>
    /// <param name="options">The cluster's domain and ranges.</param>
    /// <param name="last">The facts of a view that differs in slices alone; null if there is none.</param>
    public static ClusterFacts Gather(ClusterView view, ResolveOptions options, ClusterFacts? last = null) => new(view, options, last);

    public ServiceView? ServiceOf(ObjectKey key) => ServiceAt(IndexOf(key));

    /// <summary>The index of a declaration, or -1.</summary>
    public int IndexOf(ObjectKey key)
    {
        var hint = -1;
        return IndexOf(key, ref hint);
    }

    /// <summary>The index of a declaration, or -1; looks at the hint and its neighbours first, and moves it.</summary>
    public int IndexOf(ObjectKey key, ref int hint)
    {
        for (var near = Math.Max(0, hint - 1); near <= hint + 1 && near < Declarations.Length; near++)
        {
            if (Declarations[near].Key == key)
                return hint = near;
        }

        int low = 0, high = Declarations.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Declarations[middle].Key.CompareTo(key);
            if (order == 0)
                return hint = middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }

    /// <summary>The slices of the Service at an index, in the order of their keys; none for an Alias resource.</summary>
    public SliceList SlicesOf(int declaration) => new(this, firstSlice[declaration]);

    private ServiceView? ServiceAt(int declaration) => declaration < 0 ? null : Declarations[declaration].Service;

    private Mirror[] MirrorsOf(EndpointsView[] endpoints)
    {
        var mirrors = new Mirror[endpoints.Length];
        var hint = 0;
        for (var i = 0; i < endpoints.Length; i++)
            mirrors[i] = EndpointsMirror.Of(endpoints[i], ServiceAt(IndexOf(endpoints[i].Key, ref hint)));
        return mirrors;
    }

    // Of each slice the Service that it belongs to, or -1.
    private int[] OwnersOf(EndpointSliceView[] slices, KeptSlices? kept, ClusterFacts? last)
    {
        var found = new int[slices.Length];
        var hint = 0;
        for (var i = 0; i < slices.Length; i++)
        {
            if (kept?.Places[i] is >= 0 and var place)
            {
                found[i] = last!.owners[place];
                continue;
            }

            var owner = slices[i].ServiceName.Length == 0 ? -1 : IndexOf(new ObjectKey(slices[i].Key.Namespace, slices[i].ServiceName), ref hint);
            found[i] = ServiceAt(owner) is null ? -1 : owner;
        }

        return found;
    }

    // The Services that have other slices than before; -1 among them if there is a slice of none that came or went.
    private HashSet<int> Touched(KeptSlices kept, ClusterFacts last)
    {
        var touched = new HashSet<int>();
        foreach (var place in kept.Gone)
            touched.Add(last.owners[place]);
        for (var i = 0; i < owners.Length; i++)
        {
            if (kept.Places[i] < 0)
                touched.Add(owners[i]);
        }

        return touched;
    }

    private static Declaration[] Declare(ServiceView[] services, AliasView[] resources, GatewayAsked asked)
    {
        var all = new Declaration[services.Length + resources.Length];
        int count = 0, at = 0;
        foreach (var service in services)
        {
            while (at < resources.Length && resources[at].Key < service.Key)
                Add(new Declaration(null, resources[at++]));
            Add(ObjectMemo.Of(service).Declaration(service, asked.For(service)));
        }

        while (at < resources.Length)
            Add(new Declaration(null, resources[at++]));
        return count == all.Length ? all : all[..count];

        // Of equal keys the Service comes first, since the resource is taken only when its key is smaller, and everything behind is left out.
        void Add(Declaration next)
        {
            if (count == 0 || all[count - 1].Key != next.Key)
                all[count++] = next;
        }
    }

    private static EndpointSliceView[] Merge(EndpointSliceView[] written, Mirror[] mirrors)
    {
        if (mirrors.Length == 0)
            return written;
        var all = new List<EndpointSliceView>(written.Length + mirrors.Length);
        all.AddRange(written);
        foreach (var mirror in mirrors)
            all.AddRange(mirror.Slices);
        return all.Count == written.Length ? written : Sorting.ByKey(all.ToArray(), static s => s.Key);
    }

    private static Seq<string> CollectNamespaces(ClusterFacts facts)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "default", "kube-node-lease", "kube-public", "kube-system" };
        foreach (var declared in facts.View.Namespaces)
            names.Add(declared.Name);

        // Neighbours mostly share their namespace: a look at the one before saves most look-ups.
        var last = "";
        void Add(string name)
        {
            if (ReferenceEquals(name, last) || name == last)
                return;
            names.Add(name);
            last = name;
        }

        foreach (var service in facts.Services)
            Add(service.Key.Namespace);
        foreach (var mirror in facts.Mirrors)
            Add(mirror.Endpoints.Key.Namespace);
        foreach (var slice in facts.WrittenSlices)
            Add(slice.Key.Namespace);
        foreach (var alias in facts.AliasResources)
            Add(alias.Key.Namespace);
        var sorted = names.ToArray();
        Array.Sort(sorted, StringComparer.Ordinal);
        return Seq.Own(sorted);
    }

    /// <summary>In what one view's slices differ from those of the one before.</summary>
    /// <param name="Written">Where the written slices were before.</param>
    /// <param name="Touched">The indices of the declarations that have others.</param>
    internal sealed record SliceChanges(KeptSlices Written, HashSet<int> Touched);

    /// <summary>Some slices, enumerated without allocating.</summary>
    internal readonly struct SliceList(ClusterFacts facts, int first)
    {
        public bool IsEmpty => first < 0;

        /// <summary>The only slice, or null for none; false if there are several.</summary>
        public bool TryGetOnly(out EndpointSliceView? only)
        {
            only = first < 0 ? null : facts.Slices[first];
            return first < 0 || facts.nextSlice[first] < 0;
        }

        public Enumerator GetEnumerator() => new(facts, first);
    }

    internal struct Enumerator(ClusterFacts facts, int next)
    {
        private int current = -1;

        public readonly EndpointSliceView Current => facts.Slices[current];

        public bool MoveNext()
        {
            current = current < 0 ? next : facts.nextSlice[current];
            return current >= 0;
        }
    }
}
