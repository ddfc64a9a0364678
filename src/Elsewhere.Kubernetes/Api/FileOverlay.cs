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
    private readonly Dictionary<(Collection, ObjectKey), Finding> replaced = [];
    private readonly ConditionalWeakTable<StoredObject, ManifestContent> views = [];
    private readonly ConditionalWeakTable<ManifestContent, Filtered> filtered = [];
    private ManifestContent notes = new([], [], false);

    /// <summary>What is in force, in the order of precedence.</summary>
    public IReadOnlyList<ManifestContent> Apply(IReadOnlyList<ManifestContent> files)
    {
        objects.Declare(files);
        var hidden = Decide();
        objects.Sync(hidden);
        var state = core.Store.State;
        var contents = new List<ManifestContent>();
        foreach (var table in state.Tables)
        {
            foreach (var item in table)
            {
                if (item.Writer == Writer.Api && views.GetValue(item, static i => ApiView.Of(i)) is { Objects.Count: > 0 } view)
                    contents.Add(view);
            }
        }

        foreach (var file in files)
            contents.Add(Without(file, hidden));
        if (!notes.Findings.SequenceEqual(replaced.Values))
            notes = new([], [.. replaced.Values], false);
        if (notes.Findings.Count > 0)
            contents.Add(notes);
        return contents;
    }

    // Whom each object belongs to. What a file has taken back, or taken away, is no longer the API's.
    private Dictionary<(Collection, ObjectKey), bool> Decide()
    {
        var hidden = new Dictionary<(Collection, ObjectKey), bool>();
        var lost = new List<StoredObject>();
        var revealed = new List<(Collection Collection, ObjectKey Key)>();
        var state = core.Store.State;
        foreach (var table in state.Tables)
        {
            foreach (var item in table)
            {
                if (item.Writer != Writer.Api)
                    continue;
                var id = (item.Collection, item.Key);
                if (objects.HashOf(id) is { } hash)
                {
                    if (item.FileHash == hash)
                        hidden[id] = false;
                    else
                        lost.Add(item);
                }
                else if (item.FileHash is not null && objects.IsJustGone(id))
                {
                    lost.Add(item);
                }
            }
        }

        foreach (var (id, hash) in state.Tombstones)
        {
            if (objects.HashOf(id) is { } now && now == hash)
                hidden[id] = true;
            else if (objects.IsDeclared(id) || objects.IsJustGone(id))
                revealed.Add(id);
        }

        if (lost.Count + revealed.Count > 0)
            GiveBack(lost, revealed);
        foreach (var id in hidden.Keys)
            replaced.Remove(id);
        foreach (var id in replaced.Keys.Where(id => !objects.IsDeclared(id)).ToList())
            replaced.Remove(id);
        return hidden;
    }

    private void GiveBack(List<StoredObject> lost, List<(Collection Collection, ObjectKey Key)> revealed)
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
        foreach (var id in lost.Select(static item => (item.Collection, item.Key)).Concat(revealed))
        {
            if (objects.Find(id) is { } found)
                replaced[id] = KubernetesFindings.FileReplacesApi(found);
        }
    }

    private ManifestContent Without(ManifestContent file, Dictionary<(Collection, ObjectKey), bool> hidden)
    {
        if (hidden.Count == 0 || file.Objects.Count == 0)
            return file;
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
