using System.Text;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of object metadata (apimachinery <c>pkg/api/validation/objectmeta.go</c>).</summary>
internal static class MetaRules
{
    private const int AnnotationBytes = 256 * 1024;
    private static readonly FieldPath Path = FieldPath.Of("metadata");
    private static readonly FieldPath LabelsPath = Path.Child("labels");
    private static readonly FieldPath AnnotationsPath = Path.Child("annotations");
    private static readonly FieldPath FinalizersPath = Path.Child("finalizers");

    /// <summary>All rules of a new object.</summary>
    /// <param name="errors">Where complaints go.</param>
    /// <param name="metadata">The metadata.</param>
    /// <param name="namespaced">Whether the kind has namespaces.</param>
    /// <param name="nameRule">What the kind's names may look like.</param>
    public static void Create(FieldErrors errors, Node metadata, bool namespaced, Func<string, List<string>> nameRule)
    {
        var generate = metadata.Str("generateName");
        if (generate.Length > 0)
            Invalid(errors, Path.Child("generateName"), generate, nameRule(NameRules.MaskTrailingDash(generate)));
        var name = metadata.Str("name");
        if (name.Length == 0)
            errors.Required(Path.Child("name"), "name or generateName is required");
        else
            Invalid(errors, Path.Child("name"), name, nameRule(name));
        Common(errors, metadata, namespaced);
    }

    /// <summary>The rules that compare an object with the one it replaces, and the common ones again as the server does.</summary>
    public static void Update(FieldErrors errors, Node metadata, Node old)
    {
        var added = old.Has("deletionTimestamp") ? metadata.Strings("finalizers").Except(old.Strings("finalizers"), StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(GoText.Quote).ToList() : [];
        if (added.Count > 0)
            errors.Forbidden(FinalizersPath, $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added)}}}");
        if (metadata.Int("generation") < old.Int("generation"))
            errors.Invalid(Path.Child("generation"), metadata.Int("generation"), "must not be decremented");
        foreach (var field in (ReadOnlySpan<string>)["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"])
        {
            if (metadata.Str(field) != old.Str(field))
                errors.Invalid(Path.Child(field), metadata[field] ?? Node.Null(), "field is immutable");
        }

        Labels(errors, LabelsPath, metadata["labels"]);
        Annotations(errors, metadata["annotations"]);
        Owners(errors, metadata.ListOf("ownerReferences"));
    }

    /// <summary>The keys and values of labels, of a selector, of a topology.</summary>
    public static void Labels(FieldErrors errors, FieldPath path, Node? labels)
    {
        if (labels is null)
            return;
        foreach (var (key, value) in labels.Entries)
        {
            Invalid(errors, path, key, NameRules.Qualified(key));
            Invalid(errors, path, value.Text, NameRules.LabelValue(value.Text));
        }
    }

    /// <summary>Adds a complaint for each.</summary>
    public static void Invalid(FieldErrors errors, FieldPath path, string value, List<string> complaints)
    {
        foreach (var complaint in complaints)
            errors.Invalid(path, value, complaint);
    }

    /// <summary>A path segment: what every object's name must at least be.</summary>
    public static List<string> PathSegment(string name)
    {
        if (name is "." or "..")
            return [$"may not be '{name}'"];
        var complaints = new List<string>();
        foreach (var bad in "/%")
        {
            if (name.Contains(bad, StringComparison.Ordinal))
                complaints.Add($"may not contain '{bad}'");
        }

        return complaints;
    }

    /// <summary>Warns of new finalizers whose name says nothing of whose they are, as the server does for custom resources.</summary>
    public static void WarnOfFinalizers(List<string> warnings, Node metadata, Node? old)
    {
        var before = old?["metadata"]!.Strings("finalizers") ?? [];
        foreach (var finalizer in metadata.Strings("finalizers"))
        {
            if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("orphan" or "foregroundDeletion" or "kubernetes") && !before.Contains(finalizer))
                warnings.Add($"metadata.finalizers: {GoText.Quote(finalizer)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers");
        }
    }

    private static void Common(FieldErrors errors, Node metadata, bool namespaced)
    {
        var space = metadata.Str("namespace");
        if (namespaced && space.Length == 0)
            errors.Required(Path.Child("namespace"));
        else if (namespaced)
            Invalid(errors, Path.Child("namespace"), space, NameRules.Label(space));
        else if (space.Length > 0)
            errors.Forbidden(Path.Child("namespace"), "not allowed on this type");
        if (metadata.Int("generation") < 0)
            errors.Invalid(Path.Child("generation"), metadata.Int("generation"), "must be greater than or equal to 0");
        Labels(errors, LabelsPath, metadata["labels"]);
        Annotations(errors, metadata["annotations"]);
        Owners(errors, metadata.ListOf("ownerReferences"));
        Finalizers(errors, metadata.Strings("finalizers"), metadata["finalizers"]);
    }

    private static void Annotations(FieldErrors errors, Node? annotations)
    {
        if (annotations is null)
            return;
        var bytes = 0L;
        foreach (var (key, value) in annotations.Entries)
        {
            Invalid(errors, AnnotationsPath, key, NameRules.Qualified(key.ToLowerInvariant()));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value.Text);
        }

        if (bytes > AnnotationBytes)
            errors.TooLong(AnnotationsPath, AnnotationBytes);
    }

    private static void Owners(FieldErrors errors, List<Node> owners)
    {
        var path = Path.Child("ownerReferences");
        var controller = "";
        foreach (var owner in owners)
        {
            var version = owner.Str("apiVersion");
            // A group and a version, and nothing else: other texts name no version.
            if (version.Length == 0 || version.EndsWith('/') || version.AsSpan().Count('/') > 1)
                errors.Invalid(path.Child("apiVersion"), version, "version must not be empty");
            foreach (var field in (ReadOnlySpan<string>)["kind", "name", "uid"])
            {
                if (owner.Str(field).Length == 0)
                    errors.Invalid(path.Child(field), "", "must not be empty");
            }

            if (version is "v1" or "/v1" && owner.Str("kind") == "Event")
                errors.Invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
            if (!owner.IsTrue("controller"))
                continue;
            var current = $"{owner.Str("kind")}/{owner.Str("name")}";
            if (controller.Length == 0)
                controller = current;
            else
                errors.Invalid(path, ListOf(owners), $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {current}");
        }
    }

    private static void Finalizers(FieldErrors errors, List<string> finalizers, Node? written)
    {
        foreach (var finalizer in finalizers)
            Invalid(errors, FinalizersPath, finalizer, NameRules.Qualified(finalizer));
        if (finalizers.Contains("orphan") && finalizers.Contains("foregroundDeletion"))
            errors.Invalid(FinalizersPath, written!, "finalizer orphan and foregroundDeletion cannot be both set");
    }

    private static Node ListOf(List<Node> items)
    {
        var list = Node.List();
        list.Items.AddRange(items);
        return list;
    }
}
