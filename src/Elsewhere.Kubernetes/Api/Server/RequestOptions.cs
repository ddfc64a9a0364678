using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What a request that reads asks for in its query (<c>metav1.ListOptions</c>).</summary>
/// <param name="Labels">Which labels.</param>
/// <param name="Fields">Which fields.</param>
/// <param name="Version">The resource version; null if none was named. 0 is any.</param>
/// <param name="Match">What the version means: empty, <c>Exact</c> or <c>NotOlderThan</c>.</param>
/// <param name="Limit">The most objects in one answer; 0 for all.</param>
/// <param name="Continue">Where to go on; empty for the start.</param>
/// <param name="Watch">Whether changes are wanted.</param>
/// <param name="Bookmarks">Whether bookmarks are wanted.</param>
/// <param name="InitialEvents">Whether a watch begins with what there is; null if not said.</param>
/// <param name="Timeout">After how long a watch ends; null if not said.</param>
internal sealed record ReadQuery(
    LabelSelector Labels, FieldSelector Fields, ulong? Version, string Match, int Limit, string Continue, bool Watch, bool Bookmarks, bool? InitialEvents, TimeSpan? Timeout)
{
    /// <summary>Reads a query (apimachinery <c>internalversion/validation</c>, apiserver <c>storage.ValidateListOptions</c>).</summary>
    /// <param name="query">The query.</param>
    /// <param name="kind">The kind of the objects.</param>
    /// <param name="watches">Whether the request watches.</param>
    /// <exception cref="Problem">400, 422 or 500.</exception>
    public static ReadQuery Read(IQueryCollection query, ApiKind kind, bool watches)
    {
        var labels = LabelSelector.Parse(query["labelSelector"].ToString());
        var fields = FieldSelector.Parse(query["fieldSelector"].ToString());
        var match = query["resourceVersionMatch"].ToString();
        var version = query["resourceVersion"].ToString();
        var from = query["continue"].ToString();
        var initial = Flag(query, "sendInitialEvents");
        var limit = Number(query, "limit") ?? 0;
        var timeout = Number(query, "timeoutSeconds");
        var wrong = watches ? WatchComplaints(match, from, initial) : ListComplaints(match, version, from, initial);
        if (wrong.Count > 0)
            throw Problem.BadOptions("ListOptions", wrong);
        fields.Check(kind);
        // Pages are of one state: who names a version then means that one.
        if (match.Length == 0 && limit > 0 && from.Length == 0 && version is not ("" or "0"))
            match = "Exact";
        return new(
            labels,
            fields,
            version.Length == 0 ? null : VersionOf(version, watches, from),
            match,
            (int)Math.Clamp(limit, 0, int.MaxValue),
            from,
            watches,
            Flag(query, "allowWatchBookmarks") == true,
            initial,
            timeout is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null);
    }

    /// <summary>The version in a request for one object, which is only looked at to wait for it.</summary>
    /// <exception cref="Problem">500.</exception>
    public static ulong? VersionToWaitFor(IQueryCollection query) => query["resourceVersion"].ToString() is { Length: > 0 } text ? ParseVersion(text, out var complaint) ?? throw new Problem(ApiFailure.Internal(complaint!)) : null;

    /// <summary>Whether an object is among those wanted.</summary>
    public bool Matches(Node tree) => Labels.Matches(tree["metadata"]!["labels"]) && Fields.Matches(tree);

    /// <summary>Whether every object is wanted.</summary>
    public bool TakesAll => Labels.IsEmpty && Fields.IsEmpty;

    /// <summary>A parameter that is true or false; null if it is not there.</summary>
    public static bool? Flag(IQueryCollection query, string name) => query[name].ToString() switch
    {
        "" => query.ContainsKey(name) ? true : null,
        "0" or "false" or "False" => false,
        _ => true,
    };

    private static long? Number(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Problem.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: {(text.AsSpan(text[0] is '+' or '-' ? 1 : 0).ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range")}");
    }

    private static List<ApiCause> ListComplaints(string match, string version, string from, bool? initial)
    {
        const string field = "resourceVersionMatch";
        var causes = new List<ApiCause>();
        if (match.Length > 0)
        {
            if (version.Length == 0)
                causes.Add(Forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            if (from.Length > 0)
                causes.Add(Forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
            if (match is not ("Exact" or "NotOlderThan"))
                causes.Add(new("FieldValueNotSupported", field, $"Unsupported value: {GoText.Quote(match)}: supported values: \"Exact\", \"NotOlderThan\", \"\""));
            if (match == "Exact" && version == "0")
                causes.Add(Forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }

        if (initial is not null)
            causes.Add(Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        return causes;
    }

    private static List<ApiCause> WatchComplaints(string match, string from, bool? initial)
    {
        const string field = "resourceVersionMatch";
        var causes = new List<ApiCause>();
        if (initial is not null && match != "NotOlderThan")
            causes.Add(Forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        if (match.Length == 0)
            return causes;
        if (initial is null)
            causes.Add(Forbidden(field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
        if (match != "NotOlderThan")
            causes.Add(new("FieldValueNotSupported", field, $"Unsupported value: {GoText.Quote(match)}: supported values: \"NotOlderThan\""));
        if (from.Length > 0)
            causes.Add(Forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
        return causes;
    }

    private static ApiCause Forbidden(string field, string why) => new("FieldValueForbidden", field, "Forbidden: " + why);

    private static ulong? VersionOf(string text, bool watches, string from)
    {
        if (!watches && from.Length > 0)
            return text == "0" ? null : throw Problem.BadRequest("specifying resource version is not allowed when using continue");
        if (ParseVersion(text, out var complaint) is { } version)
            return version;
        throw watches ? new Problem(ApiFailure.Internal(complaint!)) : Problem.BadRequest("invalid resource version: " + complaint);
    }

    private static ulong? ParseVersion(string text, out string? complaint)
    {
        complaint = null;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return version;
        var why = text.AsSpan().ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range";
        complaint = $"resourceVersion: Invalid value: {GoText.Quote(text)}: strconv.ParseUint: parsing {GoText.Quote(text)}: {why}";
        return null;
    }
}

/// <summary>What becomes of fields that nobody knows.</summary>
internal enum FieldValidation
{
    /// <summary>They are dropped, and a warning says so.</summary>
    Warn,

    /// <summary>They are dropped.</summary>
    Ignore,

    /// <summary>The request fails.</summary>
    Strict,
}

/// <summary>How a request that writes wants to be treated, from its query.</summary>
/// <param name="DryRun">Whether nothing is to be stored.</param>
/// <param name="Fields">What becomes of unknown fields.</param>
/// <param name="Manager">Who writes, for <c>managedFields</c>.</param>
/// <param name="Force">Whether server-side apply takes fields from others; null if not said.</param>
internal sealed record WriteQuery(bool DryRun, FieldValidation Fields, string Manager, bool? Force)
{
    private const int MaxManagerLength = 128;

    /// <summary>Reads a query.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">The name of the options in messages, <c>CreateOptions</c>.</param>
    /// <param name="isApply">Whether it is a server-side apply, which must name its manager.</param>
    /// <exception cref="Problem">422.</exception>
    public static WriteQuery Read(HttpRequest request, string options, bool isApply = false)
    {
        var query = request.Query;
        var manager = query["fieldManager"].ToString();
        if (isApply && manager.Length == 0)
            throw Problem.BadOption(options, new("FieldValueRequired", "fieldManager", "Required value: is required for apply patch"));
        if (manager.Length > MaxManagerLength)
            throw Problem.BadOption(options, new("FieldValueTooLong", "fieldManager", $"Too long: may not be more than {MaxManagerLength} bytes"));
        var force = ReadQuery.Flag(query, "force");
        if (force is not null && !isApply)
            throw Problem.BadOption(options, new("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"));
        return new(DryRunOf(query["dryRun"], options), FieldsOf(query["fieldValidation"].ToString(), options), manager.Length > 0 ? manager : ManagerOf(request), force);
    }

    /// <summary>Whether values of <c>dryRun</c> ask for one.</summary>
    public static bool DryRunOf(IEnumerable<string?> values, string options)
    {
        var all = values.Where(static v => v is { Length: > 0 }).ToList();
        if (all.Exists(static v => v != "All"))
        {
            throw Problem.BadOption(options, new(
                "FieldValueNotSupported", "dryRun", $"Unsupported value: {Node.List(all.Select(static v => v!))}: supported values: \"All\""));
        }

        return all.Count > 0;
    }

    private static FieldValidation FieldsOf(string text, string options) => text switch
    {
        "" or "Warn" => FieldValidation.Warn,
        "Ignore" => FieldValidation.Ignore,
        "Strict" => FieldValidation.Strict,
        _ => throw Problem.BadOption(options, new(
            "FieldValueNotSupported", "fieldValidation", $"Unsupported value: {GoText.Quote(text)}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"")),
    };

    // Who names no manager is called by its program (apiserver managerOrUserAgent).
    private static string ManagerOf(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        var name = agent[..(agent.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? slash : agent.Length)];
        return name.Length > MaxManagerLength ? name[..MaxManagerLength] : name;
    }
}
