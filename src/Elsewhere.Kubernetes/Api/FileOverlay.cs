using System.Runtime.CompilerServices;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api;

/// <summary>
/// Brings files and the API together: the last writer of an object wins. A client's change of a file's object, or its deletion, is in force for as long as the
/// file's object stays what it was then. Used by the thread that reads the files.
/// </summary>
internal sealed class FileOverlay(ApiCore core, FileObjects objects)
{
    private const int MaxTurns = 4;
    private readonly Dictionary<(Collection, ObjectKey), Finding> replaced = [];
    private readonly Dictionary<(Collection, ObjectKey), bool> hidden = [];
    private readonly ConditionalWeakTable<ManifestContent, Filtered> filtered = [];
    private readonly ApiContents api = new(core.Store);
    private readonly HashSet<(Collection, ObjectKey)> owed = [];
    private ManifestContent notes = new([], [], false);

    /// <summary>Whether the store could not keep something: it is tried again by applying again.</summary>
    public bool IsBehind => owed.Count > 0 || objects.IsBehind;

    /// <summary>What is in force, in the order of precedence.</summary>
    public Overlaid Apply(IReadOnlyList<ManifestContent> files)
    {
        var isOther = objects.Declare(files);
        // What is written here, and what clients write meanwhile, is seen before this ends: files' objects show together with what the data plane gets of them.
        for (var turn = 0; turn < MaxTurns; turn++)
        {
            var touched = new HashSet<(Collection, ObjectKey)>();
            isOther |= !api.Follow(touched);
            Decide(isOther ? [.. objects.Known, .. hidden.Keys] : [.. touched.Union(owed)]);
            isOther = false;
            objects.Sync(hidden);
            if (api.Version >= core.Store.Latest.Version || IsBehind)
                break;
        }

        var contents = new List<ManifestContent>(files.Count + 1);
        var concerned = objects.ContentsOf(hidden.Keys);
        foreach (var file in files)
            contents.Add(concerned is null || concerned.Contains(file) ? Without(file) : file);
        if (!notes.Findings.SequenceEqual(replaced.Values))
            notes = new([], [.. replaced.Values], false);
        if (notes.Findings.Count > 0)
            contents.Add(notes);
        return new(contents, api.Take(), api.Version);
    }

    // Whom each object belongs to. What a file has taken back, or taken away, is no longer the API's.
    private void Decide(IReadOnlyCollection<(Collection Collection, ObjectKey Key)> ids)
    {
        var lost = new List<StoredObject>();
        var revealed = new List<(Collection Collection, ObjectKey Key)>();
        var state = core.Store.Latest;
        foreach (var id in ids)
        {
            var item = state.Find(id.Collection, id.Key);
            var isHidden = Hides(state, id, item?.Writer == Writer.Api ? item : null, lost, revealed);
            if (isHidden is { } deleted)
            {
                hidden[id] = deleted;
                replaced.Remove(id);
            }
            else if (hidden.Remove(id))
            {
                objects.ShowAgain(id);
            }
        }

        owed.ExceptWith(ids);
        if (lost.Count + revealed.Count > 0)
            GiveBack(lost, revealed);
        foreach (var id in replaced.Keys.Where(id => !objects.IsDeclared(id) && !owed.Contains(id)).ToList())
            replaced.Remove(id);
    }

    // Whether a file's object is not in force: because a client changed it (false) or deleted it (true).
    private bool? Hides(
        StoreState state, (Collection, ObjectKey) id, StoredObject? item, List<StoredObject> lost, List<(Collection Collection, ObjectKey Key)> revealed)
    {
        if (item is not null && objects.HashOf(id) is { } hash)
        {
            if (item.FileHash == hash)
                return false;
            lost.Add(item);
        }
        else if (item?.FileHash is not null && IsGone(id))
        {
            lost.Add(item);
        }

        if (!state.Tombstones.TryGetValue(id, out var deleted))
            return null;
        if (objects.HashOf(id) == deleted)
            return true;
        if (objects.IsDeclared(id) || IsGone(id))
            revealed.Add(id);
        return null;
    }

    private bool IsGone((Collection, ObjectKey) id) => objects.IsJustGone(id) || (owed.Contains(id) && !objects.IsDeclared(id));

    private void GiveBack(List<StoredObject> lost, List<(Collection Collection, ObjectKey Key)> revealed)
    {
        try
        {
            // The watcher's thread may wait: nothing that the store does waits for it.
            core.Store.WriteAsync(change =>
            {
                foreach (var item in lost)
                {
                    // Who wrote meanwhile is the last writer.
                    if (ReferenceEquals(change.Find(item.Collection, item.Key), item))
                        objects.TakeBack(change, item);
                }

                foreach (var (collection, key) in revealed)
                    change.Reveal(collection, key);
                return true;
            }).AsTask().GetAwaiter().GetResult();
        }
        catch (IOException e)
        {
            // What is on disk stays in force: after a restart it would be, too.
            foreach (var (id, deleted) in lost.Select(static item => (Id: (item.Collection, item.Key), Deleted: false)).Concat(revealed.Select(static id => (id, true))))
            {
                hidden[id] = deleted;
                owed.Add(id);
                var found = objects.Find(id);
                replaced[id] = KubernetesFindings.ApiStateFull(
                    found?.Object ?? new(id.Collection.Kind.ApiVersion, id.Collection.Kind.Kind, id.Key.Namespace, id.Key.Name), found?.Place, e.Message);
            }

            return;
        }

        foreach (var id in lost.Select(static item => (item.Collection, item.Key)).Concat(revealed))
        {
            if (objects.Find(id) is { } found)
                replaced[id] = KubernetesFindings.FileReplacesApi(found);
        }
    }

    private ManifestContent Without(ManifestContent file)
    {
        List<(ManifestObject Object, bool Deleted)>? gone = null;
        foreach (var found in file.Objects)
        {
            if (FileObjects.IdOf(found) is { } id && hidden.TryGetValue(id, out var deleted))
                (gone ??= []).Add((found, deleted));
        }

        if (gone is null)
            return file;
        if (filtered.TryGetValue(file, out var kept) && kept.Gone.SequenceEqual(gone))
            return kept.Content;
        var leaving = gone.Select(static g => g.Object).ToHashSet();
        var content = file with
        {
            Objects = [.. file.Objects.Where(found => !leaving.Contains(found))],
            Findings = [.. file.Findings.Where(f => f.Object == ObjectRef.None || leaving.All(l => l.Object != f.Object)), .. gone.Select(static g => KubernetesFindings.ApiOverridesFile(g.Object, g.Deleted))],
        };
        filtered.AddOrUpdate(file, new(gone, content));
        return content;
    }

    private sealed record Filtered(List<(ManifestObject Object, bool Deleted)> Gone, ManifestContent Content);
}

/// <summary>Files and API as one.</summary>
/// <param name="Files">What files hold that is in force, in the order of precedence.</param>
/// <param name="Api">What clients wrote: it goes before the files.</param>
/// <param name="Version">The version of the store up to which this follows it.</param>
internal sealed record Overlaid(IReadOnlyList<ManifestContent> Files, ObjectChanges Api, ulong Version);
