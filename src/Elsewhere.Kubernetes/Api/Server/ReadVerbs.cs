using System.Globalization;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>GET of one object and of many.</summary>
internal sealed class ReadVerbs(ApiCore core)
{
    /// <summary>One object.</summary>
    /// <exception cref="Problem">404 and others.</exception>
    public StoredObject Get(RequestPath path, IQueryCollection query)
    {
        if (ReadQuery.VersionToWaitFor(query) is { } version)
            AwaitVersion(version, core.Store.State);
        return core.Store.State.Find(Collection.Of(path.Resource.Kind)!, new(path.Namespace, path.Name)) ?? throw Problem.NotFound(path.Resource, path.Name);
    }

    /// <summary>Many objects, and the metadata of their list.</summary>
    /// <exception cref="Problem">400, 410, 504.</exception>
    public (IReadOnlyList<StoredObject> Items, Node Metadata) List(RequestPath path, ReadQuery query)
    {
        var state = core.Store.State;
        var token = query.Continue.Length > 0 ? ContinueToken.Parse(query.Continue) : (ContinueToken?)null;
        if (token is { Version: > 0 } of)
            state = core.Shelf.Find(of.Version) ?? throw Expired(of.After);
        else if (query.Version is { } version)
            state = AtVersion(query, version, state);
        // Whoever takes any version takes it from a cache, which knows no pages.
        var limit = query.Version == 0 && query.Match.Length == 0 ? 0 : query.Limit;
        var (table, range) = (state.Of(Collection.Of(path.Resource.Kind)!), RangeOf(state, path, query));
        var (start, end) = (range.Start.Value, range.End.Value);
        if (token is { After: var after })
            start = Math.Max(start, StoreState.At(table, new(after.Namespace, after.Name + '\0')));
        var items = new List<StoredObject>(limit > 0 ? Math.Min(limit, end - start) : query.TakesAll ? Math.Max(0, end - start) : 0);
        var at = start;
        for (; at < end && (limit == 0 || items.Count < limit); at++)
        {
            var item = table[at];
            if (query.TakesAll || query.Matches(item.Parse()))
                items.Add(item);
        }

        return (items, Metadata(state, items, query, end - at));
    }

    /// <summary>The indices of the objects that may match.</summary>
    private static Range RangeOf(StoreState state, RequestPath path, ReadQuery query)
    {
        var collection = Collection.Of(path.Resource.Kind)!;
        var space = path.Namespace.Length > 0 ? path.Namespace : path.Resource.Kind.Namespaced ? query.Fields.Namespace ?? "" : "";
        var name = path.Name.Length > 0 ? path.Name : query.Fields.Name;
        if (name is not null && (space.Length > 0 || !path.Resource.Kind.Namespaced))
        {
            var table = state.Of(collection);
            var at = StoreState.At(table, new(space, name));
            return at..(at < table.Count && table[at].Key == new ObjectKey(space, name) ? at + 1 : at);
        }

        return space.Length > 0 ? state.In(collection, space) : 0..state.Of(collection).Count;
    }

    private StoreState AtVersion(ReadQuery query, ulong version, StoreState state)
    {
        AwaitVersion(version, state);
        if (query.Match != "Exact" || version == state.Version)
            return state;
        return core.Shelf.Find(version) ?? throw new Problem(new(410, "Expired", "The resourceVersion for the provided list is too old."));
    }

    private static void AwaitVersion(ulong version, StoreState state)
    {
        if (version <= state.Version)
            return;
        var details = ApiFailure.CausesOf([]);
        var cause = Node.Map();
        cause.Set("reason", Node.String("ResourceVersionTooLarge"));
        cause.Set("message", Node.String("Too large resource version"));
        details["causes"]!.Items.Add(cause);
        details.Set("retryAfterSeconds", Node.Number(1));
        throw new Problem(new(504, "Timeout", string.Create(CultureInfo.InvariantCulture, $"Timeout: Too large resource version: {version}, current: {state.Version}"), details));
    }

    private static Problem Expired(ObjectKey after)
    {
        var failure = new ApiFailure(410, "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");
        return new Problem(failure) { Continue = new ContinueToken(0, after).ToString() };
    }

    private Node Metadata(StoreState state, List<StoredObject> items, ReadQuery query, int remaining)
    {
        var metadata = Node.Map();
        metadata.Set("resourceVersion", Node.String(state.Version.ToString(CultureInfo.InvariantCulture)));
        if (remaining <= 0 || items.Count == 0)
            return metadata;
        core.Shelf.Keep(state);
        metadata.Set("continue", Node.String(new ContinueToken(state.Version, items[^1].Key).ToString()));
        if (query.TakesAll)
            metadata.Set("remainingItemCount", Node.Number(remaining));
        return metadata;
    }
}
