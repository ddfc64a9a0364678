using System.Globalization;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>A stream of changes, one JSON object a line or one protobuf message after the other.</summary>
internal sealed class WatchVerb(ApiCore core, ReadVerbs reads)
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromMinutes(1);

    /// <summary>The type of a stream in a form.</summary>
    public static string ContentType(AcceptForm form) => form switch
    {
        { Media: MediaForm.Protobuf } => form.ContentType + ";stream=watch",
        { As: ShownAs.Object } => "application/json",
        _ => form.ContentType,
    };

    /// <summary>Writes changes until the client goes, the time is up or the server stops.</summary>
    public async Task RunAsync(HttpContext context, RequestPath path, ReadQuery query, Presenter presenter, CancellationToken cancellation)
    {
        var response = context.Response;
        response.ContentType = ContentType(presenter.Form);
        response.Headers.CacheControl = "no-cache, private";
        var cursor = Begin(response, path, query, presenter);
        await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
        var collection = Collection.Of(path.Resource.Kind)!;
        var changes = new List<StoreChange>();
        var (started, bookmarked) = (core.Time.GetTimestamp(), core.Time.GetTimestamp());
        var longest = query.Timeout ?? LongestWatch;
        while (!cancellation.IsCancellationRequested)
        {
            var isKnown = core.Store.History.TryRead(ref cursor, c => c.Object.Collection == collection && InScope(path, c.Object), changes, out var more);
            if (!isKnown)
            {
                TooOld(response, cursor, presenter);
                await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
                return;
            }

            foreach (var change in changes)
                Write(response, change, query, presenter);
            var left = longest - core.Time.GetElapsedTime(started);
            if (query.Bookmarks && (core.Time.GetElapsedTime(bookmarked) >= BookmarkEvery || left <= TimeSpan.Zero))
            {
                presenter.Bookmark(response.BodyWriter, cursor, endOfInitialEvents: false);
                bookmarked = core.Time.GetTimestamp();
                changes.Clear();
                await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
            }

            if (changes.Count > 0)
            {
                changes.Clear();
                await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
            }

            if (left <= TimeSpan.Zero)
                return;
            try
            {
                var wait = query.Bookmarks ? Min(left, BookmarkEvery - core.Time.GetElapsedTime(bookmarked)) : left;
                await more.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), core.Time, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // A bookmark is due, or the end.
            }
        }
    }

    // What there is comes first, unless the client has it already.
    private ulong Begin(HttpResponse response, RequestPath path, ReadQuery query, Presenter presenter)
    {
        if (query.InitialEvents != true && query.Version is > 0 and var version)
            return version;
        var state = core.Store.State;
        if (query.InitialEvents != false)
        {
            var (items, metadata) = reads.List(path, query with { Limit = 0, Continue = "", Version = query.Version is > 0 ? query.Version : null, Match = "" });
            foreach (var item in items)
                presenter.Event(response.BodyWriter, "ADDED", item);
            var listed = ulong.Parse(metadata.Str("resourceVersion"), CultureInfo.InvariantCulture);
            if (query.Bookmarks)
                presenter.Bookmark(response.BodyWriter, listed, endOfInitialEvents: true);
            return listed;
        }

        return state.Version;
    }

    private static bool InScope(RequestPath path, StoredObject item) =>
        (path.Namespace.Length == 0 || item.Key.Namespace == path.Namespace) && (path.Name.Length == 0 || item.Key.Name == path.Name);

    private static void Write(HttpResponse response, StoreChange change, ReadQuery query, Presenter presenter)
    {
        if (query.TakesAll)
        {
            presenter.Event(response.BodyWriter, change.Kind switch { ChangeKind.Added => "ADDED", ChangeKind.Modified => "MODIFIED", ChangeKind.Deleted => "DELETED" }, change.Object);
            return;
        }

        var before = change.Before?.Parse();
        var was = before is not null && query.Matches(before);
        var matches = change.Kind != ChangeKind.Deleted && query.Matches(change.Object.Parse());
        if (matches)
        {
            presenter.Event(response.BodyWriter, was ? "MODIFIED" : "ADDED", change.Object);
        }
        else if (was)
        {
            // The last state that matched, at the version of the change that made it match no more.
            before!["metadata"]!.Set("resourceVersion", Node.String(change.Version.ToString(CultureInfo.InvariantCulture)));
            presenter.Event(response.BodyWriter, "DELETED", change.Before!.Showing(before));
        }
    }

    private void TooOld(HttpResponse response, ulong version, Presenter presenter)
    {
        var failure = new ApiFailure(410, "Expired", string.Create(CultureInfo.InvariantCulture, $"too old resource version: {version} ({core.Store.History.Floor})"));
        presenter.Failure(response.BodyWriter, failure.ToStatus());
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
