using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Microsoft.AspNetCore.Http;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>
/// What <c>kubectl auth can-i</c> and <c>auth whoami</c> ask (K8S <c>authorization.k8s.io/v1</c>, <c>authentication.k8s.io/v1</c>). Questions are not kept.
/// </summary>
internal static class AccessReview
{
    /// <summary>The question of a path; null if it is none.</summary>
    public static ApiKind? Find(string group, string plural) => (group, plural) switch
    {
        ("authorization.k8s.io", "selfsubjectaccessreviews") => ApiKind.SelfSubjectAccessReview,
        ("authorization.k8s.io", "selfsubjectrulesreviews") => ApiKind.SelfSubjectRulesReview,
        ("authentication.k8s.io", "selfsubjectreviews") => ApiKind.SelfSubjectReview,
        _ => null,
    };

    /// <summary>Answers the question in a request's body.</summary>
    /// <exception cref="Problem">405, 400, 413, 415 or 422.</exception>
    public static async Task AnswerAsync(HttpContext context, ApiKind kind, ApiUser user, TimeProvider time, CancellationToken cancellation)
    {
        if (context.Request.Method != "POST")
            throw Problem.NoMethod();
        var form = AcceptForm.Choose(context.Request.Headers.Accept.ToString(), protobuf: true);
        var body = await RequestBody.ReadAsync(context.Request, cancellation).ConfigureAwait(false);
        var (tree, duplicates) = RequestBody.Parse(body, context.Request.ContentType ?? "", kind);
        var request = new ApiRequest(kind, ApiContext.Anywhere);
        if (request.Decode(tree, duplicates) is { } malformed)
            throw Problem.Of(malformed, kind, "");
        if (kind == ApiKind.SelfSubjectAccessReview)
            Access(request, user);
        else if (kind == ApiKind.SelfSubjectRulesReview)
            Rules(request.Root, user);
        else
            Self(request.Root, user, time);
        var review = Decoder.Decode(request.Root, kind.Schema).Object!;
        context.Response.StatusCode = 201;
        context.Response.ContentType = form.ContentType;
        var answer = form.Media == MediaForm.Protobuf ? ProtobufEncoder.Encode(kind, review) : Encoding.UTF8.GetBytes(review.ToString());
        await context.Response.Body.WriteAsync(answer, cancellation).ConfigureAwait(false);
    }

    private static void Access(ApiRequest request, ApiUser user)
    {
        var errors = new FieldErrors();
        var (resource, other) = (request.Root["spec"]?["resourceAttributes"], request.Root["spec"]?["nonResourceAttributes"]);
        var path = FieldPath.Of("spec");
        if (resource is not null && other is not null)
            errors.Invalid(path.Child("nonResourceAttributes"), other, "cannot be specified in combination with resourceAttributes");
        if (resource is null && other is null)
            errors.Invalid(path.Child("resourceAttributes"), Node.Null(), "exactly one of nonResourceAttributes or resourceAttributes must be specified");
        if (request.Refuse(errors) is { } refused)
            throw Problem.Of(refused, request.Kind, "");
        var allowed = resource is not null
            ? user.May(resource.Str("verb"), resource.Str("group"), resource.Str("resource"))
            : user.IsMaster || (other!.Str("verb") == "get" && user.MayRead(other.Str("path")));
        request.Root.Set("status", Map(("allowed", Node.Bool(allowed))));
    }

    private static void Rules(Node root, ApiUser user)
    {
        if (root["spec"]?.Str("namespace") is not { Length: > 0 })
            throw Problem.BadRequest("no namespace on request");
        var all = Node.List(["*"]);
        var objects = Node.List();
        if (user.IsMaster)
            objects.Items.Add(Map(("verbs", all), ("apiGroups", all), ("resources", all)));
        else
            objects.Items.AddRange(ApiUser.Questions.Select(static q => Map(("verbs", Node.List(["create"])), ("apiGroups", Node.List([q.Group])), ("resources", Node.List([q.Resource])))));
        var documents = Node.List();
        documents.Items.Add(user.IsMaster ? Map(("verbs", all), ("nonResourceURLs", all)) : Map(("verbs", Node.List(["get"])), ("nonResourceURLs", Node.List(ApiUser.Discovery))));
        root.Set("status", Map(("resourceRules", objects), ("nonResourceRules", documents), ("incomplete", Node.Bool(false))));
    }

    private static void Self(Node root, ApiUser user, TimeProvider time)
    {
        root.Set("metadata", Map(("creationTimestamp", Node.String(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)))));
        root.Set("status", Map(("userInfo", Map(("username", Node.String(user.Name)), ("groups", Node.List(user.Groups))))));
    }

    private static Node Map(params ReadOnlySpan<(string Key, Node Value)> entries)
    {
        var map = Node.Map();
        foreach (var (key, value) in entries)
            map.Set(key, value);
        return map;
    }
}
