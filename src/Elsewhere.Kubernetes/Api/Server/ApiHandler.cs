using System.Security.Cryptography;
using System.Text;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Api.Tables;
using Elsewhere.Kubernetes.Read;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>One request, from its path to its answer.</summary>
/// <param name="core">What every verb needs.</param>
/// <param name="token">What a client must show.</param>
/// <param name="ready">Completes when everything is there that can be asked for.</param>
/// <param name="stop">Ends watches.</param>
internal sealed class ApiHandler(ApiCore core, string token, Func<Task> ready, CancellationToken stop)
{
    private readonly ReadVerbs reads = new(core);
    private readonly WriteVerbs writes = new(core);
    private readonly Documents documents = new();
    private readonly byte[] expected = Encoding.UTF8.GetBytes(token);

    /// <summary>Answers a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stop);
        try
        {
            await DispatchAsync(context, ended.Token).ConfigureAwait(false);
        }
        catch (Problem problem)
        {
            await AnswerAsync(context, problem).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode == 413 ? Problem.TooLarge(RequestBody.Limit) : Problem.BadRequest(e.Message)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client is gone, or we are.
        }
    }

    private async Task DispatchAsync(HttpContext context, CancellationToken cancellation)
    {
        var request = context.Request;
        var path = request.Path.Value!;
        if (Documents.IsPublic(path))
        {
            await documents.AnswerAsync(context, path).ConfigureAwait(false);
            return;
        }

        if (!IsAllowed(request.Headers.Authorization.ToString()))
            throw Problem.Unauthorized();
        var user = ApiUser.Of(request);
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is ["api", "v1", _, ..])
        {
            await ready().ConfigureAwait(false);
            await ResourceAsync(context, user, RequestPath.Read("", "v1", segments.AsSpan(2)) ?? throw Problem.NoResource(), cancellation).ConfigureAwait(false);
        }
        else if (segments is ["apis", var reviews, "v1", var plural] && AccessReview.Find(reviews, plural) is { } review)
        {
            await AccessReview.AnswerAsync(context, review, user, core.Time, cancellation).ConfigureAwait(false);
        }
        else if (segments is ["apis", var group, var version, _, ..] && Documents.IsServed(group, version))
        {
            await ready().ConfigureAwait(false);
            await ResourceAsync(context, user, RequestPath.Read(group, version, segments.AsSpan(3)) ?? throw Problem.NoResource(), cancellation).ConfigureAwait(false);
        }
        else
        {
            user.Check(request.Method, path);
            await documents.AnswerAsync(context, path).ConfigureAwait(false);
        }
    }

    // The scheme's case does not matter (RFC 9110 section 11.1); the token's does.
    private bool IsAllowed(string authorization)
    {
        const string scheme = "Bearer ";
        return authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[scheme.Length..]), expected);
    }

    private async Task ResourceAsync(HttpContext context, ApiUser user, RequestPath path, CancellationToken cancellation)
    {
        var request = context.Request;
        foreach (var warning in ObjectWriter.StandingWarnings(path.Resource.Kind))
            Warn(context, warning);
        var verb = VerbOf(request, path) ?? throw Problem.NoMethod();
        user.Check(verb, path);
        // Endpoints has a warning of its own on every answer; what validation says again is not said twice.
        var form = AcceptForm.Choose(request.Headers.Accept.ToString(), Documents.HasProtobuf(path.Resource.Kind), stream: verb == "watch");
        var presenter = new Presenter(path.Resource, form, RowsOf(request.Query["includeObject"].ToString()), core.Time);
        if (path.Resource.IsEmpty)
        {
            await EmptyVerbs.AnswerAsync(context, path, verb, presenter, core, cancellation).ConfigureAwait(false);
            return;
        }

        switch (verb)
        {
            case "get":
                await WriteAsync(context, 200, presenter, presenter.One(reads.Get(path, request.Query))).ConfigureAwait(false);
                break;
            case "list":
                List(context, path, presenter, ReadQuery.Read(request.Query, path.Resource.Kind, watches: false));
                break;
            case "watch":
                await new WatchVerb(core, reads).RunAsync(context, path, ReadQuery.Read(request.Query, path.Resource.Kind, watches: true), presenter, cancellation).ConfigureAwait(false);
                break;
            case "create":
                var created = WriteQuery.Read(request, "CreateOptions");
                await AnswerAsync(context, presenter, await writes.CreateAsync(path, created, await SentAsync(request, path, cancellation).ConfigureAwait(false)).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            case "update":
                var updated = WriteQuery.Read(request, "UpdateOptions");
                await AnswerAsync(context, presenter, await writes.ReplaceAsync(path, updated, await SentAsync(request, path, cancellation).ConfigureAwait(false)).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            case "patch":
                await PatchAsync(context, path, presenter, cancellation).ConfigureAwait(false);
                break;
            default:
                await DeleteAsync(context, path, presenter, verb, cancellation).ConfigureAwait(false);
                break;
        }
    }

    private static RowObject RowsOf(string includeObject) => includeObject switch
    {
        "" or "Metadata" => RowObject.Metadata,
        "None" => RowObject.None,
        "Object" => RowObject.Object,
        _ => throw Problem.BadRequest($"unrecognized includeObject value: {GoText.Quote(includeObject)}"),
    };

    private static string? VerbOf(HttpRequest request, RequestPath path)
    {
        var named = path.Name.Length > 0;
        var verb = request.Method switch
        {
            "GET" when path.Watch || (!named && ReadQuery.Flag(request.Query, "watch") == true) => "watch",
            "GET" => named ? "get" : "list",
            "POST" when !named && !path.IsEverywhere => "create",
            "PUT" when named => "update",
            "PATCH" when named => "patch",
            "DELETE" when named => "delete",
            "DELETE" when !path.IsEverywhere => "deletecollection",
            _ => null,
        };
        var allowed = path.Subresource.Length == 0
            ? path.Resource.Verbs
            : path.Resource.Subresources.First(s => s.Name == path.Subresource).Verbs;
        return verb is not null && allowed.Contains(verb) ? verb : null;
    }

    private void List(HttpContext context, RequestPath path, Presenter presenter, ReadQuery query)
    {
        var (items, metadata) = reads.List(path, query);
        context.Response.ContentType = presenter.Form.ContentType;
        presenter.List(context.Response.BodyWriter, items, metadata);
    }

    private async Task PatchAsync(HttpContext context, RequestPath path, Presenter presenter, CancellationToken cancellation)
    {
        var (type, failure) = ApiPatch.TypeOf(path.Resource.Kind, context.Request.ContentType);
        if (failure is not null)
            throw new Problem(failure);
        var query = WriteQuery.Read(context.Request, "PatchOptions", type == ApiPatch.Apply);
        var body = await RequestBody.ReadAsync(context.Request, cancellation).ConfigureAwait(false);
        var written = type == ApiPatch.Apply ? writes.ApplyAsync(path, query, body) : writes.PatchAsync(path, query, type!, body);
        await AnswerAsync(context, presenter, await written.ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext context, RequestPath path, Presenter presenter, string verb, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context.Request, cancellation).ConfigureAwait(false);
        var query = DeleteQuery.Read(context.Request.Query, Documents.DeleteOptions(body, context.Request.ContentType ?? ""));
        if (verb == "deletecollection")
        {
            var (items, metadata) = reads.List(path, ReadQuery.Read(context.Request.Query, path.Resource.Kind, watches: false));
            var deleted = await writes.DeleteAsync(items, query).ConfigureAwait(false);
            WarnIfAhead(context);
            context.Response.ContentType = presenter.Form.ContentType;
            presenter.List(context.Response.BodyWriter, deleted, metadata);
            return;
        }

        var (last, gone) = await writes.DeleteAsync(path, query).ConfigureAwait(false);
        WarnIfAhead(context);
        if (!gone || Collection.Of(path.Resource.Kind)!.ReturnsDeleted)
            await WriteAsync(context, 200, presenter, presenter.One(last)).ConfigureAwait(false);
        else
            await WriteAsync(context, 200, "application/json", Encoding.UTF8.GetBytes(Deleted(path, last).ToString())).ConfigureAwait(false);
    }

    private static Node Deleted(RequestPath path, StoredObject last)
    {
        var details = Node.Map();
        details.Set("name", Node.String(path.Name));
        if (path.Resource.Kind.Group.Length > 0)
            details.Set("group", Node.String(path.Resource.Kind.Group));
        details.Set("kind", Node.String(path.Resource.Plural));
        details.Set("uid", last.Parse()["metadata"]!["uid"] ?? Node.String(""));
        var status = Node.Map();
        status.Set("kind", Node.String("Status"));
        status.Set("apiVersion", Node.String("v1"));
        status.Set("metadata", Node.Map());
        status.Set("status", Node.String("Success"));
        status.Set("details", details);
        return status;
    }

    private static async Task<Sent> SentAsync(HttpRequest request, RequestPath path, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(request, cancellation).ConfigureAwait(false);
        var (tree, duplicates) = RequestBody.Parse(body, request.ContentType ?? "", path.Resource.Kind);
        return new(tree, duplicates);
    }

    private Task AnswerAsync(HttpContext context, Presenter presenter, Written written)
    {
        WarnIfAhead(context);
        foreach (var warning in written.Warnings)
            Warn(context, warning);
        return WriteAsync(context, written.Code, presenter, presenter.One(written.Object));
    }

    private static async Task AnswerAsync(HttpContext context, Problem problem)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        foreach (var warning in problem.Warnings)
            Warn(context, warning);
        var status = problem.Failure.ToStatus();
        if (problem.Continue is { } next)
            status["metadata"]!.Set("continue", Node.String(next));
        if (problem.Failure.Code is 504 or 429)
            context.Response.Headers.RetryAfter = "1";
        await WriteAsync(context, problem.Failure.Code, "application/json", Encoding.UTF8.GetBytes(status.ToString())).ConfigureAwait(false);
    }

    private static Task WriteAsync(HttpContext context, int code, Presenter presenter, byte[] body) => WriteAsync(context, code, presenter.Form.ContentType, body);

    private static async Task WriteAsync(HttpContext context, int code, string contentType, byte[] body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-cache, private";
        context.Response.ContentLength = body.Length;
        if (context.Request.Method != "HEAD")
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private void WarnIfAhead(HttpContext context)
    {
        if (core.Store.Shown.IsAhead)
            Warn(context, "the change is kept, but DNS and ports do not follow yet");
    }

    // RFC 7234 section 5.5, as the API server fills it in.
    private static void Warn(HttpContext context, string text)
    {
        var header = $"299 - {HeaderText(text)}";
        if (!context.Response.Headers.Warning.Contains(header))
            context.Response.Headers.Append("Warning", header);
    }

    private static string HeaderText(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(c is < ' ' or > '~' ? ' ' : c);
        }

        return quoted.Append('"').ToString();
    }
}
