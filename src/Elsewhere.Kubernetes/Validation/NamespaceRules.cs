using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>v1/Namespace</c> (K8S <c>pkg/apis/core/validation/validation.go</c>; <c>pod-security-admission/api</c>).</summary>
internal static class NamespaceRules
{
    private const string Levels = "privileged, baseline, restricted";
    private static readonly FieldPath FinalizersPath = FieldPath.Of("spec").Child("finalizers");

    /// <summary>The rules of the object.</summary>
    public static void Validate(FieldErrors errors, Node root)
    {
        MetaRules.Create(errors, root["metadata"]!, false, NameRules.Label);
        foreach (var finalizer in root["spec"]!.Strings("finalizers"))
            Finalizer(errors, FinalizersPath, finalizer);
    }

    /// <summary>The rules of <c>namespaces/finalize</c>.</summary>
    public static void Finalizers(FieldErrors errors, Node root)
    {
        var finalizers = root["spec"]!.Strings("finalizers");
        for (var i = 0; i < finalizers.Count; i++)
            Finalizer(errors, FinalizersPath.At(i), finalizers[i]);
    }

    /// <summary>The rule of <c>namespaces/status</c>: a namespace terminates when it is deleted, and not before.</summary>
    public static void Phase(FieldErrors errors, Node root)
    {
        var isDeleted = root["metadata"]!.Has("deletionTimestamp");
        var phase = root["status"]!.Str("phase");
        if (phase != (isDeleted ? "Terminating" : "Active"))
        {
            errors.Invalid(FieldPath.Of("status").Child("Phase"), Node.String(phase), isDeleted
                ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
                : "may only be 'Active' if `deletionTimestamp` is empty");
        }
    }

    /// <summary>What the labels for the security of Pods may say; labels that are wrong already may stay so.</summary>
    public static void PodSecurity(FieldErrors errors, Node root, Node? old)
    {
        var found = new FieldErrors();
        PodSecurity(found, root["metadata"]!["labels"]);
        if (found.Any && old is not null)
        {
            var before = new FieldErrors();
            PodSecurity(before, old["metadata"]!["labels"]);
            if (found.Causes.SequenceEqual(before.Causes))
                return;
        }

        errors.AddRange(found);
    }

    private static void PodSecurity(FieldErrors errors, Node? labels)
    {
        foreach (var mode in (ReadOnlySpan<string>)["enforce", "audit", "warn"])
        {
            var key = $"pod-security.kubernetes.io/{mode}";
            if (labels?.StrOrNull(key) is { } level and not ("privileged" or "baseline" or "restricted"))
                errors.Invalid(FieldPath.Of("metadata").Child("labels").Key(key), level, $"must be one of {Levels}");
            key += "-version";
            if (labels?.StrOrNull(key) is { } version && !IsVersion(version))
                errors.Invalid(FieldPath.Of("metadata").Child("labels").Key(key), version, "must be \"latest\" or \"v1.x\"");
        }
    }

    private static bool IsVersion(string text) =>
        text == "latest" || (text.StartsWith("v1.", StringComparison.Ordinal) && text.Length > 3 && !text.AsSpan(3).ContainsAnyExceptInRange('0', '9') && (text[3] != '0' || text.Length == 4));

    private static void Finalizer(FieldErrors errors, FieldPath path, string finalizer)
    {
        MetaRules.Invalid(errors, path, finalizer, NameRules.Qualified(finalizer));
        if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("kubernetes" or "orphan" or "foregroundDeletion"))
            errors.Invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
    }
}
