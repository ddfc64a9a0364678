using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>The view, sorted and indexed; nothing is decided here.</summary>
internal sealed class ClusterFacts
{
    private readonly Dictionary<ObjectKey, ServiceView> services;
    private readonly Dictionary<ObjectKey, int> firstSlice;
    private readonly int[] nextSlice;

    private ClusterFacts(ClusterView view, ResolveOptions options)
    {
        View = view;
        Options = options;
        Services = Sorting.ByKey(view.Services, static s => s.Key);
        services = new Dictionary<ObjectKey, ServiceView>(Services.Length);
        foreach (var service in Services)
            services.TryAdd(service.Key, service);
        AliasResources = Sorting.ByKey(view.Aliases, static a => a.Key);
        Declarations = Declare(Services, AliasResources);
        WrittenSlices = Sorting.ByKey(view.EndpointSlices, static s => s.Key);
        Mirrors = Array.ConvertAll(Sorting.ByKey(view.Endpoints, static e => e.Key), e => EndpointsMirror.Of(e, services.GetValueOrDefault(e.Key)));
        Slices = Merge(WrittenSlices, Mirrors);
        firstSlice = new Dictionary<ObjectKey, int>(Slices.Length);
        nextSlice = new int[Slices.Length];
        for (var i = Slices.Length - 1; i >= 0; i--)
        {
            if (Slices[i].ServiceName.Length == 0)
                continue;
            var service = new ObjectKey(Slices[i].Key.Namespace, Slices[i].ServiceName);
            nextSlice[i] = firstSlice.GetValueOrDefault(service, -1);
            firstSlice[service] = i;
        }

        foreach (var cidr in options.ServiceCidrs)
        {
            ref var range = ref Ranges[cidr.Family == AddressFamily.InterNetwork ? 0 : 1];
            range ??= new ServiceRange(cidr);
        }

        Namespaces = CollectNamespaces(this);
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

    public static ClusterFacts Gather(ClusterView view, ResolveOptions options) => new(view, options);

    public ServiceView? ServiceOf(ObjectKey key) => services.GetValueOrDefault(key);

    /// <summary>The index of a declaration, or -1.</summary>
    public int IndexOf(ObjectKey key)
    {
        int low = 0, high = Declarations.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Declarations[middle].Key.CompareTo(key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }

    /// <summary>The slices of a Service, in the order of their keys.</summary>
    public SliceList SlicesOf(ObjectKey service) => new(this, firstSlice.GetValueOrDefault(service, -1));

    private static Declaration[] Declare(ServiceView[] services, AliasView[] resources)
    {
        var all = new List<Declaration>(services.Length + resources.Length);
        var at = 0;
        foreach (var service in services)
        {
            while (at < resources.Length && resources[at].Key < service.Key)
                Add(new Declaration(null, resources[at++]));
            Add(new Declaration(service, null));
        }

        while (at < resources.Length)
            Add(new Declaration(null, resources[at++]));
        return [.. all];

        // Of equal keys the Service comes first, since the resource is taken only when its key is smaller, and everything behind is left out.
        void Add(Declaration next)
        {
            if (all.Count == 0 || all[^1].Key != next.Key)
                all.Add(next);
        }
    }

    private static EndpointSliceView[] Merge(EndpointSliceView[] written, Mirror[] mirrors)
    {
        var all = new List<EndpointSliceView>(written.Length + mirrors.Length);
        all.AddRange(written);
        foreach (var mirror in mirrors)
            all.AddRange(mirror.Slices);
        return all.Count == written.Length ? written : Sorting.ByKey(all.ToSeq(), static s => s.Key);
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
        return Seq.Create<string>(sorted);
    }

    /// <summary>Some slices, enumerated without allocating.</summary>
    internal readonly struct SliceList(ClusterFacts facts, int first)
    {
        public bool IsEmpty => first < 0;

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
