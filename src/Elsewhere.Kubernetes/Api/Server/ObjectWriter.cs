using System.Globalization;
using Elsewhere.Kubernetes.Api.Apply;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What a write gave.</summary>
/// <param name="Code">200 or 201.</param>
/// <param name="Object">The object as it is now.</param>
/// <param name="Warnings">Texts of Warning headers.</param>
internal sealed record Written(int Code, StoredObject Object, IReadOnlyList<string> Warnings);

/// <summary>An object that a client sent.</summary>
/// <param name="Tree">The object.</param>
/// <param name="Duplicates">Keys that were repeated.</param>
internal sealed record Sent(Node Tree, IReadOnlyList<DuplicateKey> Duplicates);

/// <summary>
/// Creates and updates objects inside a transaction, as the API server does (apiserver <c>registry/generic/registry/store.go</c>): validate, allocate, stamp,
/// store. Nothing is stored that did not pass, and nothing that changes nothing.
/// </summary>
internal sealed class ObjectWriter(ApiCore core)
{
    private const string Suffix = "bcdfghjklmnpqrstvwxz2456789";
    private static readonly IReadOnlyList<string> Deprecated = ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"];

    /// <summary>What every answer about a kind warns of.</summary>
    public static IReadOnlyList<string> StandingWarnings(ApiKind kind) => kind == ApiKind.Endpoints ? Deprecated : [];

    /// <summary>Creates an object.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="path">Where.</param>
    /// <param name="query">How.</param>
    /// <param name="sent">The object.</param>
    /// <param name="owners">Who owns which field, where that is known already; null: whoever writes owns what is written.</param>
    /// <param name="isPosted">Whether it came as a POST, which may name no version.</param>
    /// <exception cref="Problem">It cannot be.</exception>
    public Written Create(Transaction change, RequestPath path, WriteQuery query, Sent sent, Node? owners = null, bool isPosted = false)
    {
        var kind = path.Resource.Kind;
        var collection = Collection.Of(kind)!;
        var outcome = ApiValidation.Create(kind, sent.Tree, DuplicatesOf(sent, query), Context(change, path, query, sent.Tree, null, owners is not null), path.Namespace);
        var shown = NameOf(outcome, sent.Tree);
        if (outcome.Decoding)
            throw Problem.Of(outcome, kind, shown);
        if (kind.Namespaced)
            AdmitToNamespace(change, path, shown);
        if (!outcome.Accepted)
            throw Problem.Of(outcome, kind, shown);
        var root = outcome.Filled!;
        var metadata = root["metadata"]!;
        var key = new ObjectKey(kind.Namespaced ? metadata.Str("namespace") : "", metadata.Str("name"));
        if (isPosted && !query.DryRun && ulong.TryParse(outcome.AsWritten!["metadata"]!.Str("resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0)
            throw new Problem(ApiFailure.Internal("resourceVersion should not be set on objects to be created"), outcome.Warnings);
        if (change.Find(collection, key) is not null)
            throw Problem.Exists(path.Resource, key.Name);
        metadata.Set("uid", Node.String(Guid.NewGuid().ToString()));
        metadata.Set("creationTimestamp", ApiClock.Now(core.Time));
        metadata.Set("resourceVersion", Node.String("0"));
        if (collection.IsCustom)
            root.Remove("status");
        if (collection.IsCustom || collection == Collection.EndpointSlices)
            metadata.Set("generation", Node.Number(1));
        var tree = InOrder(outcome, kind, root);
        ManagedFields.Set(tree, owners ?? FieldManager.Track(kind, "", null, outcome.AsWritten!, query.Manager, core.Time.GetUtcNow()));
        var stored = change.Put(collection, key, tree, Writer.Api, change.State.Tombstones.GetValueOrDefault((collection, key)));
        return new(201, query.DryRun ? WithVersion(stored, null) : stored, WarningsOf(outcome, query));
    }

    /// <summary>Puts another state in an object's place.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="path">The object's path; with <c>status</c> only that is taken.</param>
    /// <param name="query">How.</param>
    /// <param name="old">The object.</param>
    /// <param name="sent">Its next state.</param>
    /// <param name="owners">Who owns which field then, where that is known already; null: whoever writes owns what changes.</param>
    /// <param name="isPatch">Whether it came as a patch.</param>
    /// <exception cref="Problem">It cannot be.</exception>
    public Written Update(Transaction change, RequestPath path, WriteQuery query, StoredObject old, Sent sent, Node? owners = null, bool isPatch = false)
    {
        var kind = path.Resource.Kind;
        var collection = old.Collection;
        var before = kind == ApiKind.EventsEvent ? EventForms.ToEvents(old.Parse()) : old.Parse();
        var next = sent.Tree;
        var onlyStatus = path.Subresource == "status";
        if (onlyStatus && next.Kind == NodeKind.Map)
            next = StatusAlone(next, before);
        var outcome = ApiValidation.Update(kind, next, DuplicatesOf(sent, query), before, Context(change, path, query, next, old, isPatch || owners is not null));
        if (!outcome.Accepted)
            throw Problem.Of(outcome, kind, old.Key.Name);
        var root = outcome.Filled!;
        var metadata = root["metadata"]!;
        metadata.Set("resourceVersion", before["metadata"]!["resourceVersion"]!);
        if (collection.IsCustom || onlyStatus)
            Keep(root, "status", onlyStatus ? outcome.AsWritten!["status"] : before["status"]);
        if (path.Subresource == "finalize")
            Keep(root, "spec", outcome.AsWritten!["spec"]);
        if (collection.IsCustom && !Node.Same(root["spec"], before["spec"]))
            metadata.Set("generation", Node.Number(before["metadata"]!.Int("generation") + 1));
        var tree = InOrder(outcome, kind, root);
        var live = kind == ApiKind.EventsEvent ? old.Parse() : before;
        ManagedFields.Set(tree, owners ?? FieldManager.Track(kind, path.Subresource, before, outcome.AsWritten!, query.Manager, core.Time.GetUtcNow()));
        ManagedFields.KeepTimes(live, tree);
        var warnings = WarningsOf(outcome, query);
        if (Sameness.IsSame(live, tree))
            return new(200, old, warnings);
        if (IsFinished(collection, tree))
            return new(200, change.Delete(change.Put(collection, old.Key, tree, Writer.Api, old.FileHash), old.FileHash), warnings);
        var kept = change.Put(collection, old.Key, tree, Writer.Api, old.FileHash);
        return new(200, query.DryRun ? WithVersion(kept, old.Version.ToString(CultureInfo.InvariantCulture)) : kept, warnings);
    }

    /// <summary>Whether an object that is being deleted has nothing left to wait for.</summary>
    public static bool IsFinished(Collection collection, Node tree) =>
        tree["metadata"]!.Has("deletionTimestamp") && tree["metadata"]!.ListOf("finalizers").Count == 0
        && (collection != Collection.Namespaces || tree["spec"]?.ListOf("finalizers").Count is null or 0);

    private static void AdmitToNamespace(Transaction change, RequestPath path, string name)
    {
        if (change.Find(Collection.Namespaces, new("", path.Namespace)) is not { } space)
        {
            throw Problem.NotFound(Collection.Namespaces.Resource, path.Namespace);
        }

        if (space.Parse()["metadata"]!.Has("deletionTimestamp"))
        {
            throw Problem.Forbidden(path.Resource, name, $"unable to create new content in namespace {path.Namespace} because it is being terminated",
                new("NamespaceTerminating", "metadata.namespace", $"namespace {path.Namespace} is being terminated"));
        }
    }

    private ApiContext Context(Transaction change, RequestPath path, WriteQuery query, Node tree, StoredObject? old, bool isPatch)
    {
        var state = change.State;
        var key = old?.Key ?? new ObjectKey(path.Namespace, tree["metadata"]?.Str("name") is { Length: > 0 } name ? name : Guid.NewGuid().ToString());
        var ports = new HashSet<int>();
        return new(
            core.ServiceCidrs,
            family => core.Claims.Pick(state, key, family),
            () => ServiceClaims.PickNodePort(state, ports),
            () => MakeSuffix(state, path, tree),
            query.Fields == FieldValidation.Strict,
            // On creation an address is tried before the name is: one's own is taken too.
            address => !query.DryRun && core.Claims.IsTaken(state, old?.Key ?? default, address) && !IsOfAnotherWriter(change, key, old, address),
            number => ServiceClaims.NodePortProblem(state, key, number, query.DryRun),
            isPatch,
            path.Subresource);
    }

    // What a file's Service, deleted here, or an earlier run gave to this very name is free for it.
    private bool IsOfAnotherWriter(Transaction change, ObjectKey key, StoredObject? old, string address) =>
        old is null && change.Find(Collection.Services, key) is null && !core.Claims.IsTaken(change.State, key, address);

    private static string MakeSuffix(StoreState state, RequestPath path, Node tree)
    {
        var prefix = tree["metadata"]!.Str("generateName");
        var collection = Collection.Of(path.Resource.Kind)!;
        for (var tries = 0; ; tries++)
        {
            var suffix = System.Security.Cryptography.RandomNumberGenerator.GetString(Suffix, 5);
            if (tries == 8 || state.Find(collection, new(path.Namespace, prefix[..Math.Min(prefix.Length, 58)] + suffix)) is null)
                return suffix;
        }
    }

    // Whatever else was sent with a status is not taken.
    private static Node StatusAlone(Node sent, Node before)
    {
        var merged = Node.Map();
        foreach (var (key, value) in before.Entries)
        {
            if (key is not ("metadata" or "status"))
                merged.Set(key, value);
        }

        foreach (var key in (ReadOnlySpan<string>)["kind", "apiVersion", "metadata", "status"])
        {
            if (sent[key] is { } value)
                merged.Set(key, value);
        }

        return merged;
    }

    private static void Keep(Node root, string field, Node? value)
    {
        if (value is null)
            root.Remove(field);
        else
            root.Set(field, value);
    }

    private static Node InOrder(ApiOutcome outcome, ApiKind kind, Node root)
    {
        var tree = Decoder.Decode(root, outcome.Schema).Object!;
        return kind == ApiKind.EventsEvent ? EventForms.ToCore(tree) : tree;
    }

    private static IReadOnlyList<DuplicateKey> DuplicatesOf(Sent sent, WriteQuery query) => query.Fields == FieldValidation.Ignore ? [] : sent.Duplicates;

    private static IReadOnlyList<string> WarningsOf(ApiOutcome outcome, WriteQuery query) => query.Fields != FieldValidation.Ignore
        ? outcome.Warnings
        : [.. outcome.Warnings.Where(static w => !w.StartsWith("unknown field \"", StringComparison.Ordinal))];

    private static string NameOf(ApiOutcome outcome, Node tree) =>
        outcome.Filled?["metadata"]?.StrOrNull("name") ?? (tree["metadata"]?["name"] is { Kind: NodeKind.String } name ? name.Text : "");

    // What is not stored has no version of its own.
    private static StoredObject WithVersion(StoredObject stored, string? version)
    {
        var tree = stored.Parse();
        if (version is null)
            tree["metadata"]!.Remove("resourceVersion");
        else
            tree["metadata"]!.Set("resourceVersion", Node.String(version));
        return stored.Showing(tree);
    }
}
