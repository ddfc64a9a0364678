using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What is asked about resources of which there is never an object.</summary>
internal static class EmptyVerbs
{
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(30);

    /// <summary>Answers <c>get</c>, <c>delete</c>, <c>list</c> or <c>watch</c>.</summary>
    /// <exception cref="Problem">404, and those of queries.</exception>
    public static async Task AnswerAsync(HttpContext context, RequestPath path, string verb, Presenter presenter, ApiCore core, CancellationToken cancellation)
    {
        if (verb is "get" or "delete")
            throw Problem.NotFound(path.Resource, path.Name);
        var query = ReadQuery.Read(context.Request.Query, path.Resource.Kind, watches: verb == "watch");
        var response = context.Response;
        var version = core.Store.State.Version;
        response.ContentType = verb == "watch" ? WatchVerb.ContentType(presenter.Form) : presenter.Form.ContentType;
        if (verb == "list")
        {
            var metadata = Node.Map();
            metadata.Set("resourceVersion", Node.String(version.ToString(CultureInfo.InvariantCulture)));
            presenter.List(response.BodyWriter, [], metadata);
            return;
        }

        if (query.Bookmarks && (query.InitialEvents == true || query.Version is null or 0))
            presenter.Bookmark(response.BodyWriter, version, endOfInitialEvents: true);
        await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
        await Task.Delay(query.Timeout ?? LongestWatch, core.Time, cancellation).ConfigureAwait(false);
    }
}
