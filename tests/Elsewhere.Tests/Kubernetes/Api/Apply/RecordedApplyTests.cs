using System.Net.Sockets;
using System.Text;
using Elsewhere.Kubernetes.Api.Apply;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Apply;

/// <summary>
/// The recorded writes in their order, each on what the ones before it left: what server-side apply answered, and who owned which field then.
/// </summary>
public sealed class RecordedApplyTests
{
    private static readonly ApiContext Context = new(
        [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")],
        static family => family == AddressFamily.InterNetwork ? "10.96.200.200" : "fd00:10:96::c8c8",
        static () => 32000,
        Strict: false);

    private static readonly string[] Compared = [.. Transcripts.Steps.Keys.Where(n => n.StartsWith("ssa-", StringComparison.Ordinal) && n != "ssa-no-field-manager")];

    [Fact]
    public void Every_apply_is_answered_as_the_recorded_server_did_it()
    {
        var objects = new Dictionary<string, Node>();
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        var compared = 0;
        foreach (var step in Transcripts.Steps.Values)
        {
            foreach (var request in step.Requests.Where(r => r.Str("method") is "POST" or "PUT" or "PATCH" && r["body"] is not (null or { Kind: NodeKind.Null })))
            {
                now = now.AddSeconds(1);
                var answer = Answer(objects, request, now);
                if (!Compared.Contains(step.Name))
                    continue;
                compared++;
                Assert.Equal(request["response"]!.Str("message"), answer.Str("message"));
                Assert.True(Node.Same(Comparable(request["response"]!), Comparable(answer)), $"{step.Name}\n{Comparable(request["response"]!)}\n{Comparable(answer)}");
            }
        }

        Assert.Equal(12, compared);
    }

    private static Node Answer(Dictionary<string, Node> objects, Node request, DateTimeOffset now)
    {
        var path = request.Str("path").Split('?')[0];
        var kind = Transcripts.KindOf(path);
        var body = request["body"] is { Kind: NodeKind.String } text ? YamlReader.ReadFirst(text.Text)?.Root ?? Node.Map() : request["body"]!;
        if (request.Str("method") == "POST")
            path += "/" + body["metadata"]?.Str("name");
        var live = objects.GetValueOrDefault(path);
        var type = request["headers"]!.Str("Content-Type");
        var (manager, dryRun) = (Query(request, "fieldManager"), Query(request, "dryRun") == "All");
        ApiOutcome outcome;
        Node? owners;
        if (type == ApiPatch.Apply)
        {
            var result = FieldManager.Apply(kind, "", live, body, manager, Query(request, "force") == "true", now);
            if (result.Failure is { } failure)
                return failure.ToStatus();
            owners = result.Object!["metadata"]!["managedFields"];
            outcome = Validate(kind, result.Object, live);
        }
        else
        {
            var tree = body;
            if (request.Str("method") == "PATCH")
            {
                if (live is null || ApiPatch.TypeOf(kind, type).Failure is not null)
                    return Node.Map();
                var result = ApiPatch.Patch(kind, live, type, Encoding.UTF8.GetBytes(body.ToString()));
                if (result.Failure is { } failure)
                    return failure.ToStatus();
                tree = result.Tree!;
            }

            outcome = Validate(kind, tree, request.Str("method") == "POST" ? null : live);
            owners = outcome.Accepted ? FieldManager.Track(kind, "", request.Str("method") == "POST" ? null : live, outcome.AsWritten!, manager, now) : null;
        }

        if (!outcome.Accepted || request.Int("status") is not (200 or 201))
            return Node.Map();
        var stored = outcome.Object!;
        ManagedFields.Set(stored, owners);
        if (live is not null && request.Str("method") != "POST")
            ManagedFields.KeepTimes(live, stored);
        stored["metadata"]!.Set("uid", Node.String("<uid>"));
        if (!dryRun)
            objects[path] = stored;
        return stored;
    }

    private static ApiOutcome Validate(ApiKind kind, Node tree, Node? live) =>
        live is null ? ApiValidation.Create(kind, tree, [], Context, "apidoc") : ApiValidation.Update(kind, Unversioned(tree), [], live, Context);

    private static Node Unversioned(Node tree)
    {
        var copy = tree.Copy();
        copy["metadata"]?.Remove("resourceVersion");
        return copy;
    }

    private static Node Comparable(Node answer)
    {
        var copy = answer.Copy();
        copy["metadata"]?.Remove("resourceVersion");
        copy["metadata"]?.Remove("creationTimestamp");
        foreach (var entry in copy["metadata"]?.ListOf("managedFields") ?? [])
        {
            if (entry.Has("time"))
                entry.Set("time", Node.String("<time>"));
        }

        return copy;
    }

    private static string Query(Node request, string name) =>
        request.Str("path").Split('?').Skip(1).SelectMany(static q => q.Split('&')).Select(static p => p.Split('=')).FirstOrDefault(p => p[0] == name)?[1] ?? "";
}
