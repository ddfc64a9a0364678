using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>
/// The annotation in which client-side apply keeps what it applied. It lets <c>kubectl apply --server-side</c> take over an object without conflicts
/// (apimachinery <c>managedfields/internal/lastappliedmanager.go</c>).
/// </summary>
internal static class LastApplied
{
    /// <summary>The annotation.</summary>
    public const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    private const int AnnotationBytes = 256 * 1024;

    /// <summary>The fields that the annotation states as they still are; null if it states none.</summary>
    public static FieldSet? Fields(ApiKind kind, Node live)
    {
        if (live["metadata"]?["annotations"]?.StrOrNull(Annotation) is not { Length: > 0 } text)
            return null;
        if (JsonText.Read(text).Root is not { Kind: NodeKind.Map } stated || stated.Str("apiVersion") != kind.ApiVersion || TypedCheck.Explain(stated, kind.Schema) is not null)
            return null;
        var changes = TypedValue.Compare(stated, live, kind.Schema);
        return TypedValue.Fields(stated, kind.Schema).Except(changes.Modified).Except(changes.Added).Except(changes.Removed);
    }

    /// <summary>Keeps the annotation of an object in step with what is applied, if it has one.</summary>
    public static void Refresh(Node merged, Node applied)
    {
        if (merged["metadata"]?["annotations"] is not { } annotations || annotations.Str(Annotation).Length == 0)
            return;
        var stated = applied.Copy();
        stated["metadata"]?["annotations"]?.Remove(Annotation);
        annotations.Set(Annotation, Node.String(Sorted(stated) + "\n"));
        if (annotations.Entries.Sum(static e => (long)Encoding.UTF8.GetByteCount(e.Key) + Encoding.UTF8.GetByteCount(e.Value.Text)) > AnnotationBytes)
            annotations.Remove(Annotation);
    }

    // As Go writes a map: its keys sorted.
    private static Node Sorted(Node value)
    {
        if (value.Kind == NodeKind.List)
        {
            var list = Node.List();
            list.Items.AddRange(value.Items.Select(Sorted));
            return list;
        }

        if (value.Kind != NodeKind.Map)
            return value;
        var map = Node.Map();
        foreach (var (key, inner) in value.Entries.OrderBy(static e => e.Key, StringComparer.Ordinal))
            map.Entries.Add(new(key, Sorted(inner)));
        return map;
    }
}
