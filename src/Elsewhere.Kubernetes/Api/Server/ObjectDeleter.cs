using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>How a DELETE is meant (<c>metav1.DeleteOptions</c>).</summary>
/// <param name="DryRun">Whether nothing is to be deleted.</param>
/// <param name="Propagation">What becomes of what the object owns: <c>Background</c>, <c>Foreground</c>, <c>Orphan</c>; empty where the object's own finalizers say.</param>
/// <param name="Uid">The uid that the object must have; null for any.</param>
/// <param name="Version">The resource version that it must have; null for any.</param>
internal sealed record DeleteQuery(bool DryRun, string Propagation, string? Uid, string? Version)
{
    /// <summary>Reads body and query; the body wins.</summary>
    /// <exception cref="Problem">400 or 422.</exception>
    public static DeleteQuery Read(Microsoft.AspNetCore.Http.IQueryCollection query, Node? body)
    {
        if (body is { Kind: not (NodeKind.Map or NodeKind.Null) })
            throw Problem.BadRequest("couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type DeleteOptions");
        var dryRun = body is { Entries.Count: > 0 } ? body.Strings("dryRun").ToArray() : query["dryRun"].ToArray();
        var policy = body?.Str("propagationPolicy") is { Length: > 0 } own ? own : query["propagationPolicy"].ToString();
        bool? orphans = body?.BoolOrNull("orphanDependents") ?? (bool.TryParse(query["orphanDependents"].ToString(), out var asked) ? asked : null);
        var causes = Causes(policy, orphans).ToList();
        if (causes.Count > 0)
            throw Problem.BadOptions("DeleteOptions", causes);
        var propagation = orphans switch
        {
            true => "Orphan",
            false => "Background",
            null => policy,
        };

        var conditions = body?["preconditions"];
        return new(WriteQuery.DryRunOf(dryRun, "DeleteOptions"), propagation, conditions?.StrOrNull("uid"), conditions?.StrOrNull("resourceVersion"));
    }

    // apimachinery ValidateDeleteOptions: the older field and the newer one exclude each other, whatever they say.
    private static IEnumerable<ApiCause> Causes(string policy, bool? orphans)
    {
        if (policy.Length > 0 && orphans is not null)
            yield return new("FieldValueInvalid", "propagationPolicy", $"Invalid value: {GoText.Quote(policy)}: orphanDependents and deletionPropagation cannot be both set");
        if (policy is not ("" or "Background" or "Foreground" or "Orphan"))
        {
            yield return new(
                "FieldValueNotSupported", "propagationPolicy", $"Unsupported value: {GoText.Quote(policy)}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
        }
    }
}

/// <summary>Deletes objects inside a transaction (apiserver <c>registry/rest/delete.go</c>).</summary>
internal sealed class ObjectDeleter(ApiCore core)
{
    private static readonly string[] Kept = ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Deletes an object, or marks it if something has to be done first.</summary>
    /// <returns>Its last state; and whether it is gone.</returns>
    /// <exception cref="Problem">It cannot be.</exception>
    public (StoredObject Object, bool Gone) Delete(Transaction change, StoredObject target, DeleteQuery query)
    {
        var tree = target.Parse();
        var metadata = tree["metadata"]!;
        var kind = target.Collection.Kind;
        if (query.Uid is { } uid && uid != metadata.Str("uid"))
        {
            throw Problem.Precondition(kind, target.Key.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({metadata.Str("uid")}). The object might have been deleted and then recreated");
        }

        if (query.Version is { } version && version != metadata.Str("resourceVersion"))
        {
            throw Problem.Precondition(kind, target.Key.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({metadata.Str("resourceVersion")}). The object might have been modified");
        }

        if (target.Collection == Collection.Namespaces && Kept.Contains(target.Key.Name))
            throw Problem.Forbidden(target.Collection.Resource, target.Key.Name, "this namespace may not be deleted");
        Finalizers(metadata, query.Propagation);
        var waits = metadata.ListOf("finalizers").Count > 0 || target.Collection == Collection.Namespaces;
        if (!waits)
            return (change.Delete(target, target.FileHash), true);
        if (!metadata.Has("deletionTimestamp"))
        {
            metadata.Set("deletionTimestamp", ApiClock.Now(core.Time));
            if (target.Collection != Collection.Namespaces)
                metadata.Set("deletionGracePeriodSeconds", Node.Number(0));
            if (metadata.Int("generation") > 0)
                metadata.Set("generation", Node.Number(metadata.Int("generation") + 1));
        }

        if (target.Collection == Collection.Namespaces)
            tree["status"]!.Set("phase", Node.String("Terminating"));
        tree = Decoder.Decode(tree, kind.Schema).Object!;
        if (Sameness.IsSame(target.Parse(), tree))
            return (target, false);
        return (change.Put(target.Collection, target.Key, tree, Writer.Api, target.FileHash), false);
    }

    // The garbage collector takes its own marks away again when it is done.
    private static void Finalizers(Node metadata, string propagation)
    {
        if (propagation.Length == 0)
            return;
        var finalizers = metadata.Strings("finalizers");
        finalizers.RemoveAll(f => f is "foregroundDeletion" or "orphan" && f != Mark(propagation));
        if (Mark(propagation) is { } mark && !finalizers.Contains(mark))
            finalizers.Add(mark);
        if (finalizers.Count > 0)
            metadata.Set("finalizers", Node.List(finalizers));
        else
            metadata.Remove("finalizers");
    }

    private static string? Mark(string propagation) => propagation switch
    {
        "Foreground" => "foregroundDeletion",
        "Orphan" => "orphan",
        _ => null,
    };
}
