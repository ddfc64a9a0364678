using System.Globalization;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Ends a request with an answer that is an error.</summary>
/// <param name="failure">The answer.</param>
/// <param name="warnings">Texts of Warning headers.</param>
internal sealed class Problem(ApiFailure failure, IReadOnlyList<string>? warnings = null) : Exception(failure.Message)
{
    /// <summary>The answer.</summary>
    public ApiFailure Failure { get; } = failure;

    /// <summary>Texts of Warning headers.</summary>
    public IReadOnlyList<string> Warnings { get; } = warnings ?? [];

    /// <summary>Where a list that cannot go on as it was may go on all the same; null for other problems.</summary>
    public string? Continue { get; init; }

    public static Problem NotFound(ApiResource resource, string name) =>
        new(new(404, "NotFound", $"{resource.Qualified} {GoText.Quote(name)} not found", Details(resource, name)));

    public static Problem Exists(ApiResource resource, string name) =>
        new(new(409, "AlreadyExists", $"{resource.Qualified} {GoText.Quote(name)} already exists", Details(resource, name)));

    public static Problem Conflict(ApiResource resource, string name, string why) =>
        new(new(409, "Conflict", $"Operation cannot be fulfilled on {resource.Qualified} {GoText.Quote(name)}: {why}", Details(resource, name)));

    /// <summary>Two writers' ideas of which object it is differ (apiserver <c>registry.Store</c> names the kind here, not the resource).</summary>
    public static Problem Precondition(ApiKind kind, string name, string why) => new(new(
        409, "Conflict", $"Operation cannot be fulfilled on {kind.Qualified} {GoText.Quote(name)}: {why}", Details(kind.Group, kind.Kind, name)));

    public static Problem Forbidden(ApiResource resource, string name, string why, ApiCause? cause = null)
    {
        var details = Details(resource, name);
        if (cause is not null)
            details.Set("causes", ApiFailure.CausesOf([cause])["causes"]!);
        return new(new(403, "Forbidden", $"{resource.Qualified}{(name.Length > 0 ? " " + GoText.Quote(name) : "")} is forbidden: {why}", details));
    }

    /// <summary>The path names nothing that is served here.</summary>
    public static Problem NoResource() => new(new(404, "NotFound", "the server could not find the requested resource", Node.Map()));

    public static Problem NoMethod() =>
        new(new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", Node.Map()));

    public static Problem Unauthorized() => new(new(401, "Unauthorized", "Unauthorized"));

    public static Problem TooLarge(long limit) => new(new(
        413, "RequestEntityTooLarge", string.Create(CultureInfo.InvariantCulture, $"Request entity too large: limit is {limit}")));

    public static Problem BadRequest(string message) => new(ApiFailure.BadRequest(message));

    /// <summary>A parameter of the request that cannot be followed.</summary>
    public static Problem BadOption(string options, ApiCause cause) => BadOptions(options, [cause]);

    /// <summary>Parameters of the request that cannot be followed.</summary>
    public static Problem BadOptions(string options, IReadOnlyList<ApiCause> causes)
    {
        var details = Node.Map();
        details.Set("group", Node.String("meta.k8s.io"));
        details.Set("kind", Node.String(options));
        details.Set("causes", ApiFailure.CausesOf(causes)["causes"]!);
        var texts = string.Join(", ", causes.Select(static cause => $"{cause.Field}: {cause.Message}"));
        return new(new(422, "Invalid", $"{options}.meta.k8s.io \"\" is invalid: {(causes.Count == 1 ? texts : $"[{texts}]")}", details));
    }

    /// <summary>What validation said.</summary>
    public static Problem Of(ApiOutcome outcome, ApiKind kind, string name)
    {
        Node? details = null;
        if (outcome.Code == 422)
        {
            details = Details(kind.Group, kind.Kind, name);
            if (outcome.Causes.Count > 0)
                details.Set("causes", ApiFailure.CausesOf(outcome.Causes)["causes"]!);
        }
        else if (outcome.Code == 500 && outcome.Causes.Count > 0)
        {
            details = ApiFailure.CausesOf(outcome.Causes);
        }
        else if (outcome.Code == 409)
        {
            details = Details(ApiResource.Of(kind), name);
        }

        return new(new(outcome.Code, outcome.Reason, outcome.Message, details), outcome.Warnings);
    }

    private static Node Details(ApiResource resource, string name) => Details(resource.Kind.Group, resource.Plural, name);

    private static Node Details(string group, string kind, string name)
    {
        var details = Node.Map();
        if (name.Length > 0)
            details.Set("name", Node.String(name));
        if (group.Length > 0)
            details.Set("group", Node.String(group));
        details.Set("kind", Node.String(kind));
        return details;
    }
}
