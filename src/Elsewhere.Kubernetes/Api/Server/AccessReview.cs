using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Microsoft.AspNetCore.Http;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>
/// What <c>kubectl auth can-i</c> asks (K8S <c>authorization.k8s.io/v1</c> SelfSubjectAccessReview): whoever has the token may do everything. Questions are not kept.
/// </summary>
internal static class AccessReview
{
    /// <summary>Answers the question in a request's body.</summary>
    /// <exception cref="Problem">405, 400, 413, 415 or 422.</exception>
    public static async Task AnswerAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.Method != "POST")
            throw Problem.NoMethod();
        var kind = ApiKind.SelfSubjectAccessReview;
        var form = AcceptForm.Choose(context.Request.Headers.Accept.ToString(), protobuf: true);
        var body = await RequestBody.ReadAsync(context.Request, cancellation).ConfigureAwait(false);
        var (tree, duplicates) = RequestBody.Parse(body, context.Request.ContentType ?? "", kind);
        var review = Review(tree, duplicates);
        context.Response.StatusCode = 201;
        context.Response.ContentType = form.ContentType;
        var answer = form.Media == MediaForm.Protobuf ? ProtobufEncoder.Encode(kind, review) : Encoding.UTF8.GetBytes(review.ToString());
        await context.Response.Body.WriteAsync(answer, cancellation).ConfigureAwait(false);
    }

    private static Node Review(Node tree, IReadOnlyList<DuplicateKey> duplicates)
    {
        var request = new ApiRequest(ApiKind.SelfSubjectAccessReview, ApiContext.Anywhere);
        if (request.Decode(tree, duplicates) is { } malformed)
            throw Problem.Of(malformed, request.Kind, "");
        var errors = new FieldErrors();
        var (resource, other) = (request.Root["spec"]?["resourceAttributes"], request.Root["spec"]?["nonResourceAttributes"]);
        var path = FieldPath.Of("spec");
        if (resource is not null && other is not null)
            errors.Invalid(path.Child("nonResourceAttributes"), other, "cannot be specified in combination with resourceAttributes");
        if (resource is null && other is null)
            errors.Invalid(path.Child("resourceAttributes"), Node.Null(), "exactly one of nonResourceAttributes or resourceAttributes must be specified");
        if (request.Refuse(errors) is { } refused)
            throw Problem.Of(refused, request.Kind, "");
        var status = Node.Map();
        status.Set("allowed", Node.Bool(true));
        request.Root.Set("status", status);
        return Decoder.Decode(request.Root, request.Kind.Schema).Object!;
    }
}
