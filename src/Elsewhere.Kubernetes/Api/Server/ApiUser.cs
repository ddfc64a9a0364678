using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>
/// As whom a request is made. Whoever has the token may do everything, and may ask as somebody else (<c>kubectl --as</c>): since there are no roles here, others may
/// no more than what every user of a cluster may, which is to discover the API and to ask about themselves (K8S <c>bootstrappolicy/policy.go</c>).
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Groups">The groups that the user is in.</param>
internal sealed record ApiUser(string Name, IReadOnlyList<string> Groups)
{
    private const string Masters = "system:masters";
    private const string Everybody = "system:authenticated";
    private const string Accounts = "system:serviceaccount";

    private static readonly ApiUser Owner = new("elsewhere", [Masters, Everybody]);

    /// <summary>Paths that every user may read; one that ends in a star stands for all below it.</summary>
    public static IReadOnlyList<string> Discovery { get; } =
        ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"];

    /// <summary>Questions that every user may ask, by group and resource.</summary>
    public static IReadOnlyList<(string Group, string Resource)> Questions { get; } =
        [("authorization.k8s.io", "selfsubjectaccessreviews"), ("authorization.k8s.io", "selfsubjectrulesreviews"), ("authentication.k8s.io", "selfsubjectreviews")];

    /// <summary>Whether everything is allowed.</summary>
    public bool IsMaster => Groups.Contains(Masters);

    /// <summary>The user of a request that showed the token (apiserver <c>filters/impersonation.go</c>).</summary>
    public static ApiUser Of(HttpRequest request)
    {
        var name = request.Headers["Impersonate-User"].ToString();
        if (name.Length == 0)
            return Owner;
        List<string> groups = [.. request.Headers["Impersonate-Group"].Select(static g => g ?? "")];
        if (groups.Count == 0 && name.Split(':') is ["system", "serviceaccount", var space, _])
            groups.AddRange([Accounts + "s", $"{Accounts}s:{space}"]);
        if (!groups.Contains(Everybody))
            groups.Add(Everybody);
        return new(name, groups);
    }

    /// <summary>Whether a path that is no object's may be read.</summary>
    public bool MayRead(string path) => IsMaster || Discovery.Any(known => known.EndsWith('*') ? path.StartsWith(known[..^1], StringComparison.Ordinal) : path == known);

    /// <summary>Whether something may be done with objects.</summary>
    public bool May(string verb, string group, string resource) => IsMaster || (verb == "create" && Questions.Contains((group, resource)));

    /// <summary>Lets a request for a document pass.</summary>
    /// <exception cref="Problem">403.</exception>
    public void Check(string method, string path)
    {
        var verb = method.ToLower(CultureInfo.InvariantCulture);
        if (!IsMaster && (verb != "get" || !MayRead(path)))
            throw new Problem(new(403, "Forbidden", $"forbidden: User {GoText.Quote(Name)} cannot {verb} path {GoText.Quote(path)}", Node.Map()));
    }

    /// <summary>Lets a request for objects pass.</summary>
    /// <exception cref="Problem">403.</exception>
    public void Check(string verb, RequestPath path)
    {
        var resource = path.Resource;
        if (May(verb, resource.Kind.Group, resource.Plural))
            return;
        var part = path.Subresource.Length > 0 ? $"{resource.Plural}/{path.Subresource}" : resource.Plural;
        // A namespace is in itself.
        var space = resource.Kind is { Kind: "Namespace", Group: "" } ? path.Name : path.Namespace;
        var where = space.Length > 0 ? $"in the namespace {GoText.Quote(space)}" : "at the cluster scope";
        throw Problem.Forbidden(resource, path.Name, $"User {GoText.Quote(Name)} cannot {verb} resource {GoText.Quote(part)} in API group {GoText.Quote(resource.Kind.Group)} {where}");
    }
}
