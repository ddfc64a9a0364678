using System.Text;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of Events in both forms (K8S <c>pkg/apis/core/validation/events.go</c>). Whatever the form, most fields are called as the older one calls them.</summary>
internal static class EventRules
{
    private const int Words = 128;
    private const int Note = 1024;
    private const string Elsewhere = "does not match event.namespace";

    /// <summary>Validates an Event.</summary>
    /// <param name="errors">Where complaints go.</param>
    /// <param name="kind">The form in which it was sent.</param>
    /// <param name="root">The Event.</param>
    /// <param name="old">The Event before an update.</param>
    public static void Validate(FieldErrors errors, ApiKind kind, Node root, Node? old)
    {
        var isNew = kind == ApiKind.EventsEvent;
        Both(errors, isNew ? root["regarding"] : root["involvedObject"], root, isNew);
        if (old is null)
            MetaRules.Create(errors, root["metadata"]!, true, isNew ? NameRules.Subdomain : MetaRules.PathSegment);
        if (isNew && old is null)
            Newer(errors, root);
        else if (isNew)
            Compare(errors, root, old!);
    }

    private static void Both(FieldErrors errors, Node? about, Node root, bool isNew)
    {
        var space = root["metadata"]!.Str("namespace");
        var its = about?.Str("namespace") ?? "";
        var path = FieldPath.Of("involvedObject").Child("namespace");
        if (root.Str("eventTime").Length == 0)
        {
            if (its.Length == 0 ? space != "default" : its != space)
                errors.Invalid(path, its, Elsewhere);
            return;
        }

        if (its.Length == 0 && space is not ("default" or "kube-system"))
            errors.Invalid(path, its, Elsewhere);
        var controller = root.Str(isNew ? "reportingController" : "reportingComponent");
        var controllerPath = FieldPath.Of(isNew ? "reportingController" : "reportingComponent");
        if (controller.Length == 0)
            errors.Required(controllerPath);
        MetaRules.Invalid(errors, controllerPath, controller, NameRules.Qualified(controller));
        Text(errors, "reportingInstance", root.Str("reportingInstance"), Words);
        Text(errors, "action", root.Str("action"), Words);
        Text(errors, "reason", root.Str("reason"), Words);
        Short(errors, "message", root.Str(isNew ? "note" : "message"), Note);
    }

    private static void Newer(FieldErrors errors, Node root)
    {
        Series(errors, root["series"]);
        if (root.Str("eventTime").Length == 0)
            errors.Required(FieldPath.Of("eventTime"));
        if (root.Str("type") is var type and not ("Normal" or "Warning"))
            errors.Invalid(FieldPath.Of("type"), "", $"has invalid value: {type}");
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)[("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp")])
        {
            if (root.Str(field).Length > 0)
                errors.Invalid(FieldPath.Of(name), "", "needs to be unset");
        }

        if (root.Int("deprecatedCount") != 0)
            errors.Invalid(FieldPath.Of("count"), "", "needs to be unset");
        if (root["deprecatedSource"] is { Entries.Count: > 0 })
            errors.Invalid(FieldPath.Of("source"), "", "needs to be unset");
    }

    // Only that it happened again may be added.
    private static void Compare(FieldErrors errors, Node root, Node old)
    {
        if (!Node.Same(root["series"], old["series"]))
            Series(errors, root["series"]);
        foreach (var (field, name) in (ReadOnlySpan<(string, string)>)[
            ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"),
            ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"), ("type", "type"), ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
            ("reportingController", "reportingController"), ("reportingInstance", "reportingInstance")])
        {
            if (!Node.Same(root[field], old[field]))
                errors.Invalid(FieldPath.Of(name), root[field] ?? Node.Null(), "field is immutable");
        }
    }

    private static void Series(FieldErrors errors, Node? series)
    {
        if (series is null)
            return;
        if (series.Int("count") < 2)
            errors.Invalid(FieldPath.Of("series.count"), "", "should be at least 2");
        if (series.Str("lastObservedTime").Length == 0)
            errors.Required(FieldPath.Of("series.lastObservedTime"));
    }

    private static void Text(FieldErrors errors, string field, string value, int most)
    {
        if (value.Length == 0)
            errors.Required(FieldPath.Of(field));
        Short(errors, field, value, most);
    }

    private static void Short(FieldErrors errors, string field, string value, int most)
    {
        if (Encoding.UTF8.GetByteCount(value) > most)
            errors.Invalid(FieldPath.Of(field), "", $"can have at most {most} characters");
    }
}
