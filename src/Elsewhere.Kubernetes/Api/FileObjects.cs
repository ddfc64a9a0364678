using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api;

/// <summary>
/// The objects of files as the API shows them. Nothing is made of them before the first client asks: then they are read once more from the text that was
/// accepted, and from there on with every change. Used by the thread that reads the files.
/// </summary>
/// <param name="core">What every verb needs.</param>
/// <param name="options">How files are read.</param>
/// <param name="live">Which addresses the data plane has given.</param>
internal sealed class FileObjects(ApiCore core, ReadOptions options, Func<AddressBook> live)
{
    /// <summary>Where an object of a file was written.</summary>
    public const string PlaceAnnotation = "elsewhere.dev/file";
    private readonly ConditionalWeakTable<ManifestContent, Dictionary<(Collection, ObjectKey), string>> hashes = [];
    private readonly Dictionary<(Collection, ObjectKey), (ManifestObject Object, ManifestContent Content)> declared = [];
    private readonly HashSet<(Collection, ObjectKey)> justGone = [];
    private ManifestContent[] contents = [];
    private bool contested;
    private readonly HashSet<ManifestContent> shown = new(ReferenceEqualityComparer.Instance);
    private AddressBook? addresses;
    private bool isOther = true;

    /// <summary>Whether somebody has asked.</summary>
    public bool IsShown { get; set; }

    /// <summary>Where an object is kept; null for kinds that are not, and for what the API would not accept.</summary>
    public static (Collection, ObjectKey)? IdOf(ManifestObject found) =>
        found.View is not AliasPolicyView { Problem: not null } && Collection.Find(found.Object.ApiVersion, found.Object.Kind) is { } collection ? (collection, found.Key) : null;

    /// <summary>All keys that files have, or had until just now.</summary>
    public IEnumerable<(Collection, ObjectKey)> Known => declared.Keys.Concat(justGone);

    /// <summary>Takes what the files hold now; of two objects of one key the first counts.</summary>
    /// <returns>Whether they hold anything else than before.</returns>
    public bool Declare(IReadOnlyList<ManifestContent> files)
    {
        justGone.Clear();
        ManifestContent[] next = [.. files];
        var changes = SeqChanges.Between<ManifestContent>(contents, next);
        contents = next;
        if (changes is not null && changes.Gone.Concat(changes.Come).All(static content => content.Objects.Count == 0))
            return false;
        isOther = true;

        // Where two files hold one object, which of them counts is a matter of the order of all.
        if (changes is null || contested)
        {
            justGone.UnionWith(declared.Keys);
            DeclareAll();
        }
        else
        {
            foreach (var id in changes.Gone.SelectMany(static content => content.Objects).Select(IdOf).OfType<(Collection, ObjectKey)>())
            {
                declared.Remove(id);
                justGone.Add(id);
            }

            if (!changes.Come.Aggregate(true, (only, content) => Add(content) && only))
            {
                DeclareAll();
            }
        }

        justGone.RemoveWhere(declared.ContainsKey);
        return true;
    }

    /// <summary>The contents that have any of these objects; null if it takes a look into each to know.</summary>
    public IReadOnlySet<ManifestContent>? ContentsOf(IEnumerable<(Collection, ObjectKey)> ids) => contested
        ? null
        : ids.Where(declared.ContainsKey).Select(id => declared[id].Content).ToHashSet<ManifestContent>(ReferenceEqualityComparer.Instance);

    /// <summary>A client's object stands in for a file's no more.</summary>
    public void ShowAgain((Collection, ObjectKey) id)
    {
        if (declared.TryGetValue(id, out var found))
            shown.Remove(found.Content);
    }

    /// <summary>Whether a file has an object now.</summary>
    public bool IsDeclared((Collection, ObjectKey) id) => declared.ContainsKey(id);

    /// <summary>Whether a file had an object until just now, and none has it any more.</summary>
    public bool IsJustGone((Collection, ObjectKey) id) => justGone.Contains(id);

    /// <summary>A file's object, or null.</summary>
    public ManifestObject? Find((Collection, ObjectKey) id) => declared.TryGetValue(id, out var found) ? found.Object : null;

    /// <summary>The fingerprint of a file's object; null if no file has it.</summary>
    public string? HashOf((Collection, ObjectKey) id) =>
        declared.TryGetValue(id, out var found) ? hashes.GetValue(found.Content, Hash).GetValueOrDefault(id) : null;

    /// <summary>Takes an object from the API: its file has changed it, or given it up.</summary>
    public void TakeBack(Transaction change, StoredObject item)
    {
        shown.Remove(declared.TryGetValue((item.Collection, item.Key), out var found) ? found.Content : Nothing);
        change.Delete(item);
    }

    /// <summary>Whether the API could not be made to show what the files hold.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Makes the API show what the files hold.</summary>
    /// <param name="hidden">Objects that clients have changed or deleted.</param>
    public void Sync(IReadOnlyDictionary<(Collection, ObjectKey), bool> hidden)
    {
        IsBehind = false;
        if (!IsShown)
            return;
        var book = live();
        var given = new Lazy<ILookup<ObjectKey, IPAddress>>(() => book.Entries.ToLookup(static e => e.Key, static e => e.Address));
        var gone = Gone();
        if (!ReferenceEquals(book, addresses))
            ShowAddresses(given);
        addresses = book;
        var come = contents.Where(content => content.Source is not null && content.Objects.Count > 0 && !shown.Contains(content)).ToList();
        if (come.Count + gone.Count == 0)
            return;
        var made = Make(come, hidden, given.Value);
        try
        {
            core.Store.WriteAsync(change =>
            {
                foreach (var item in gone)
                {
                    if (ReferenceEquals(change.Find(item.Collection, item.Key), item))
                        change.Delete(item);
                }

                foreach (var (id, tree, hash) in made)
                    Put(change, id, tree, hash);
                return true;
            }).AsTask().GetAwaiter().GetResult();
            shown.IntersectWith(contents);
        }
        catch (IOException)
        {
            // The disk takes nothing. The data plane goes on by the files; that the API shows them is made up for later.
            shown.ExceptWith(come);
            isOther = IsBehind = true;
        }
    }

    // Nobody else makes objects of files: what is there no more is found when the files are others.
    private List<StoredObject> Gone()
    {
        var gone = new List<StoredObject>();
        if (!isOther)
            return gone;
        isOther = false;
        foreach (var item in core.Store.Latest.Tables.SelectMany(static table => table))
        {
            if (item.Writer == Writer.File && !declared.ContainsKey((item.Collection, item.Key)))
                gone.Add(item);
        }

        return gone;
    }

    private void ShowAddresses(Lazy<ILookup<ObjectKey, IPAddress>> given)
    {
        var state = core.Store.Latest;
        foreach (var (id, found) in declared)
        {
            if (id.Item1 == Collection.Services && state.Find(id.Item1, id.Item2) is { Writer: Writer.File } item && !HasAddresses(item, given.Value))
                shown.Remove(found.Content);
        }
    }

    // Where another file's object counts now, nothing of that file may have changed: what is shown of each is made anew.
    private void DeclareAll()
    {
        declared.Clear();
        contested = !contents.Aggregate(true, (only, content) => Add(content) && only);
        shown.Clear();
    }

    // Whether every object of the content is the only one of its key.
    private bool Add(ManifestContent content)
    {
        var only = true;
        foreach (var found in content.Objects)
        {
            if (IdOf(found) is { } id)
                only &= declared.TryAdd(id, (found, content));
        }

        return only;
    }

    private static ManifestContent Nothing { get; } = new([], [], false);

    private List<((Collection Collection, ObjectKey Key) Id, Node Tree, string Hash)> Make(
        List<ManifestContent> come, IReadOnlyDictionary<(Collection, ObjectKey), bool> hidden, ILookup<ObjectKey, IPAddress> given)
    {
        var made = new List<((Collection, ObjectKey), Node, string)>();
        var done = new HashSet<(Collection, ObjectKey)>();
        foreach (var content in come)
        {
            var isWhole = true;
            ManifestFile.Visit(content.Source!, options, (kind, root, duplicates, place) =>
            {
                var key = KeyOf(kind, root);
                if (Collection.Of(kind) is not { } collection || hidden.ContainsKey((collection, key)) || done.Contains((collection, key))
                    || !declared.TryGetValue((collection, key), out var found) || !ReferenceEquals(found.Content, content))
                    return;
                var missing = false;
                var context = new ApiContext(core.ServiceCidrs, family =>
                {
                    var address = given[key].FirstOrDefault(a => a.AddressFamily == family);
                    missing |= address is null;
                    return address?.ToString() ?? "";
                });
                var outcome = ApiValidation.Create(kind, root, duplicates, Relaxed(context, root), null);
                if (!outcome.Accepted)
                    return;
                done.Add((collection, key));
                isWhole &= !missing;
                if (!missing)
                    made.Add(((collection, key), Stamp(outcome, collection, key, place), HashOf((collection, key))!));
            });
            // The others are tried again when the data plane has given addresses.
            if (isWhole)
                shown.Add(content);
        }

        return made;
    }

    // An address that the manifest asks for outside the ranges is accepted by the reader too.
    private static ApiContext Relaxed(ApiContext context, Node root) =>
        root["spec"]?.Str("clusterIP") is { Length: > 0 } ? context with { ServiceCidrs = [] } : context;

    private Node Stamp(ApiOutcome outcome, Collection collection, ObjectKey key, SourcePlace place)
    {
        var metadata = outcome.Filled!["metadata"]!;
        var annotations = metadata["annotations"]?.Copy() ?? Node.Map();
        annotations.Set(PlaceAnnotation, Node.String(place.ToString()));
        metadata.Set("annotations", annotations);
        metadata.Set("uid", Node.String(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{collection.Kind.Qualified}/{key.Namespace}/{key.Name}")).AsSpan(0, 16), bigEndian: true).ToString()));
        metadata.Set("resourceVersion", Node.String("0"));
        metadata.Set("creationTimestamp", Written(place));
        if (collection.IsCustom)
            metadata.Set("generation", Node.Number(1));
        return outcome.Object!;
    }

    private Node Written(SourcePlace place)
    {
        try
        {
            return File.Exists(place.File) ? Node.String(ApiClock.Text(File.GetLastWriteTimeUtc(place.File))) : ApiClock.Now(core.Time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ApiClock.Now(core.Time);
        }
    }

    private static void Put(Transaction change, (Collection Collection, ObjectKey Key) id, Node tree, string hash)
    {
        var old = change.Find(id.Collection, id.Key);
        if (old?.Writer == Writer.Api || change.State.Tombstones.ContainsKey(id))
            return;
        var metadata = tree["metadata"]!;
        if (old is not null)
        {
            var before = old.Parse();
            if (id.Collection == Collection.Aliases && before["status"] is { } status && !tree.Has("status"))
                tree.Set("status", status);
            metadata.Set("creationTimestamp", before["metadata"]!["creationTimestamp"]!);
            metadata.Set("uid", before["metadata"]!["uid"]!);
            if (Sameness.IsSame(before, tree))
                return;
            if (metadata.Has("generation"))
                metadata.Set("generation", Node.Number(before["metadata"]!.Int("generation") + 1));
        }

        change.Put(id.Collection, id.Key, tree, Writer.File, hash);
    }

    private static bool HasAddresses(StoredObject item, ILookup<ObjectKey, IPAddress> given) =>
        item.Claims.Length == 0 || given[item.Key].All(address => item.Claims.Contains(address.ToString()));

    private Dictionary<(Collection, ObjectKey), string> Hash(ManifestContent content)
    {
        var made = new Dictionary<(Collection, ObjectKey), string>();
        if (content.Source is null)
            return made;
        ManifestFile.Visit(content.Source, options, (kind, root, duplicates, _) =>
        {
            if (Collection.Of(kind) is not { } collection || ApiValidation.Create(kind, root, duplicates, ApiContext.Anywhere, null).AsWritten is not { } written)
                return;
            var text = Decoder.Decode(written, kind.Schema).Object!.ToString();
            made.TryAdd((collection, KeyOf(kind, root)), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8)));
        });
        return made;
    }

    private static ObjectKey KeyOf(ApiKind kind, Node root) =>
        new(kind.Namespaced ? root["metadata"]?.Str("namespace") ?? "" : "", root["metadata"]?.Str("name") ?? "");
}
