using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api;

/// <summary>How an alias does: the status of an Alias.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Conditions">Accepted, ResolvedRefs, Programmed, OriginReachable, and Ready, which sums them up.</param>
/// <param name="Origins">Each origin.</param>
/// <param name="Addresses">The service addresses.</param>
public sealed record AliasReport(ObjectKey Key, Seq<ConditionReport> Conditions, Seq<OriginReport> Origins, Seq<string> Addresses);

/// <summary>One condition (Kubernetes API conventions, <c>metav1.Condition</c>).</summary>
/// <param name="Type">What it is about.</param>
/// <param name="Status">Whether it is so; null if that is not known.</param>
/// <param name="Reason">Why, as one word.</param>
/// <param name="Message">Why, for people; may be empty.</param>
public sealed record ConditionReport(string Type, bool? Status, string Reason, string Message);

/// <summary>How one origin does.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Health"><c>Healthy</c> if one of its addresses is, else the word of the first; <c>Unresolved</c> without any.</param>
/// <param name="Message">Why it is not healthy; empty if it is.</param>
/// <param name="Addresses">What is dialled.</param>
public sealed record OriginReport(string Url, string Health, string Message, Seq<string> Addresses);
