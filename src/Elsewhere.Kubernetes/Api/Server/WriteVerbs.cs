using System.Text;
using Elsewhere.Kubernetes.Api.Apply;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>POST, PUT, PATCH and DELETE: each reads what there is and changes it while nobody else does.</summary>
internal sealed class WriteVerbs(ApiCore core)
{
    private readonly ObjectWriter writer = new(core);
    private readonly ObjectDeleter deleter = new(core);

    /// <summary>POST.</summary>
    public ValueTask<Written> CreateAsync(RequestPath path, WriteQuery query, Sent sent) =>
        RunAsync(query.DryRun, change => writer.Create(change, path, query, sent, isPosted: true));

    /// <summary>PUT: creates the object if there is none, where the kind allows it.</summary>
    public ValueTask<Written> ReplaceAsync(RequestPath path, WriteQuery query, Sent sent) => RunAsync(query.DryRun, change =>
    {
        var collection = Collection.Of(path.Resource.Kind)!;
        if (change.Find(collection, new(path.Namespace, path.Name)) is { } old)
            return writer.Update(change, path, query, old, sent);
        if (!collection.CreatesOnUpdate || path.Subresource.Length > 0)
            throw Problem.NotFound(path.Resource, path.Name);
        var name = sent.Tree["metadata"]?.Str("name") ?? "";
        if (name != path.Name)
        {
            throw Problem.BadRequest(name.Length == 0
                ? $"the name of the object ({path.Name} based on URL) was undeterminable: name must be provided"
                : $"the name of the object ({name}) does not match the name on the URL ({path.Name})");
        }

        return writer.Create(change, path, query, sent);
    });

    /// <summary>PATCH of one of the three types that change an object as it is.</summary>
    public ValueTask<Written> PatchAsync(RequestPath path, WriteQuery query, string type, byte[] body) => RunAsync(query.DryRun, change =>
    {
        var kind = path.Resource.Kind;
        if (change.Find(Collection.Of(kind)!, new(path.Namespace, path.Name)) is not { } old)
            throw Problem.NotFound(path.Resource, path.Name);
        var live = kind == ApiKind.EventsEvent ? EventForms.ToEvents(old.Parse()) : old.Parse();
        var patched = ApiPatch.Patch(kind, live, type, body);
        if (patched.Failure is { } failure)
            throw new Problem(failure);
        var sent = new Sent(patched.Tree!, [.. patched.Complaints.Select(static c => new DuplicateKey(0, c))]);
        try
        {
            return writer.Update(change, path, query, old, sent, isPatch: true);
        }
        catch (Problem problem) when (problem.Failure.Code == 400 && !problem.Failure.Message.Contains("strict decoding error", StringComparison.Ordinal)
            && Decoder.Decode(sent.Tree, kind.Schema) is { Object: null, Error: { } error })
        {
            throw new Problem(ApiPatch.Undecodable(type, type == ApiPatch.Strategic ? JsonText.Read(body).Root! : sent.Tree, error));
        }
    });

    /// <summary>PATCH that applies: the object becomes what its appliers say together.</summary>
    public ValueTask<Written> ApplyAsync(RequestPath path, WriteQuery query, byte[] body)
    {
        var document = YamlReader.ReadFirst(Encoding.UTF8.GetString(body));
        if (document is { Root: null })
            throw Problem.BadRequest($"error decoding YAML: yaml: {document.Message}");
        var applied = document?.Root ?? Node.Map();
        return RunAsync(query.DryRun, change =>
        {
            var kind = path.Resource.Kind;
            var old = change.Find(Collection.Of(kind)!, new(path.Namespace, path.Name));
            var live = old is null ? null : kind == ApiKind.EventsEvent ? EventForms.ToEvents(old.Parse()) : old.Parse();
            if (live is null && path.Subresource.Length > 0)
                throw Problem.NotFound(path.Resource, path.Name);
            var result = FieldManager.Apply(kind, path.Subresource, live, applied, query.Manager, query.Force == true, core.Time.GetUtcNow());
            if (result.Failure is { } failure)
                throw new Problem(failure);
            var merged = result.Object!;
            var owners = merged["metadata"]!["managedFields"];
            merged["metadata"]!.Remove("managedFields");
            if (merged["metadata"]!.Str("name").Length == 0)
                merged["metadata"]!.Set("name", Node.String(path.Name));
            var sent = new Sent(merged, document?.Duplicates ?? []);
            return old is null ? writer.Create(change, path, query, sent, owners) : writer.Update(change, path, query, old, sent, owners);
        });
    }

    /// <summary>DELETE of one object.</summary>
    public ValueTask<(StoredObject Object, bool Gone)> DeleteAsync(RequestPath path, DeleteQuery query) => RunAsync(query.DryRun, change =>
    {
        var found = change.Find(Collection.Of(path.Resource.Kind)!, new(path.Namespace, path.Name)) ?? throw Problem.NotFound(path.Resource, path.Name);
        return deleter.Delete(change, found, query);
    });

    /// <summary>DELETE of many objects.</summary>
    /// <param name="items">Those that were found; who is gone meanwhile is gone.</param>
    /// <param name="query">How.</param>
    public ValueTask<List<StoredObject>> DeleteAsync(IReadOnlyList<StoredObject> items, DeleteQuery query) => RunAsync(query.DryRun, change =>
    {
        var deleted = new List<StoredObject>(items.Count);
        foreach (var item in items)
        {
            if (change.Find(item.Collection, item.Key) is { } found)
                deleted.Add(deleter.Delete(change, found, query).Object);
        }

        return deleted;
    });

    private async ValueTask<T> RunAsync<T>(bool dryRun, Func<Transaction, T> change)
    {
        try
        {
            return dryRun ? core.Store.Preview(change) : await core.Store.WriteAndShowAsync(change).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new Problem(new(500, "InternalError", $"Internal error occurred: nothing was changed, since it could not be kept: {e.Message}; each write tries anew"));
        }
    }
}
