using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>coordination.k8s.io/v1/Lease</c> (K8S <c>pkg/apis/coordination/validation/validation.go</c>).</summary>
internal static class LeaseRules
{
    private static readonly FieldPath Spec = FieldPath.Of("spec");

    /// <summary>Takes away what only a server that elects leaders itself knows, unless it was there before (<c>strategy.go</c>).</summary>
    public static void Drop(Node root, Node? old)
    {
        foreach (var field in (ReadOnlySpan<string>)["strategy", "preferredHolder"])
        {
            if (old?["spec"]?.Has(field) is not true)
                root["spec"]?.Remove(field);
        }
    }

    /// <summary>Validates the object.</summary>
    public static void Validate(FieldErrors errors, Node root, Node? old)
    {
        if (old is null)
            MetaRules.Create(errors, root["metadata"]!, true, NameRules.Subdomain);
        if (root["spec"] is not { } spec)
            return;
        if (spec.Has("leaseDurationSeconds") && spec.Int("leaseDurationSeconds") is <= 0 and var seconds)
            errors.Invalid(Spec.Child("leaseDurationSeconds"), seconds, "must be greater than 0");
        if (spec.Has("leaseTransitions") && spec.Int("leaseTransitions") is < 0 and var transitions)
            errors.Invalid(Spec.Child("leaseTransitions"), transitions, "must be greater than or equal to 0");
    }
}
