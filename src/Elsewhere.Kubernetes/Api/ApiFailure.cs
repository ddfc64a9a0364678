using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api;

/// <summary>An answer that is an error, as the API server gives it (<c>metav1.Status</c>).</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Reason">Such as <c>BadRequest</c>; empty where the server gives none.</param>
/// <param name="Message">The message for people.</param>
/// <param name="Details">What <c>details</c> holds; null leaves it out.</param>
internal sealed record ApiFailure(int Code, string Reason, string Message, Node? Details = null)
{
    /// <summary>A request that is no good.</summary>
    public static ApiFailure BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>A failure inside the server that has no reason of its own.</summary>
    public static ApiFailure Internal(string message) => new(500, "", message);

    /// <summary>A body that the server understands and cannot follow; it does not say why.</summary>
    public static ApiFailure Unprocessable() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", Node.Map());

    /// <summary>An object of no kind in particular that is invalid.</summary>
    public static ApiFailure Invalid(ApiCause cause) => new(422, "Invalid", $" \"\" is invalid: {cause.Field}: {cause.Message}", CausesOf([cause]));

    /// <summary>The answer's body.</summary>
    public Node ToStatus()
    {
        var status = Node.Map();
        status.Set("kind", Node.String("Status"));
        status.Set("apiVersion", Node.String("v1"));
        status.Set("metadata", Node.Map());
        status.Set("status", Node.String("Failure"));
        status.Set("message", Node.String(Message));
        if (Reason.Length > 0)
            status.Set("reason", Node.String(Reason));
        if (Details is not null)
            status.Set("details", Details.Copy());
        status.Set("code", Node.Number(Code));
        return status;
    }

    /// <summary>Details that hold nothing but causes.</summary>
    public static Node CausesOf(IEnumerable<ApiCause> causes)
    {
        var list = Node.List();
        foreach (var cause in causes)
        {
            var item = Node.Map();
            if (cause.Reason.Length > 0)
                item.Set("reason", Node.String(cause.Reason));
            item.Set("message", Node.String(cause.Message));
            if (cause.Field.Length > 0)
                item.Set("field", Node.String(cause.Field));
            list.Items.Add(item);
        }

        var details = Node.Map();
        details.Set("causes", list);
        return details;
    }
}
