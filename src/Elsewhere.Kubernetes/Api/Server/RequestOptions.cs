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
    /// <summary>Reads a query.</summary>
    /// <exception cref="Problem">400, 422 or 500.</exception>
    public static ReadQuery Read(IQueryCollection query, ApiKind kind)
    {
        var match = query["resourceVersionMatch"].ToString();
        var version = query["resourceVersion"].ToString();
        var initial = Flag(query, "sendInitialEvents");
        var watch = Flag(query, "watch") == true;
        if (match.Length > 0 && version.Length == 0 && initial is null)
        {
            throw Problem.BadOption("ListOptions", new(
                "FieldValueForbidden", "resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"));
        }

        if (match is not ("" or "Exact" or "NotOlderThan"))
        {
            throw Problem.BadOption("ListOptions", new(
                "FieldValueNotSupported", "resourceVersionMatch", $"Unsupported value: {GoText.Quote(match)}: supported values: \"Exact\", \"NotOlderThan\", \"\""));
        }

        if (match == "Exact" && version == "0")
        {
            throw Problem.BadOption("ListOptions", new(
                "FieldValueForbidden", "resourceVersionMatch", "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        }

        if (initial is not null && !watch)
            throw Problem.BadOption("ListOptions", new("FieldValueForbidden", "sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"));
        if (initial == true && match != "NotOlderThan")
        {
            throw Problem.BadOption("ListOptions", new(
                "FieldValueForbidden", "resourceVersionMatch", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }

        return new(
            LabelSelector.Parse(query["labelSelector"].ToString()),
            FieldSelector.Parse(query["fieldSelector"].ToString(), kind),
            version.Length == 0 ? null : ParseVersion(version),
            match,
            (int)Math.Clamp(Number(query, "limit") ?? 0, 0, int.MaxValue),
            query["continue"].ToString(),
            watch,
            Flag(query, "allowWatchBookmarks") == true,
            initial,
            Number(query, "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null);
    }

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
            : throw Problem.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: invalid syntax");
    }

    private static ulong ParseVersion(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        ? version
        : throw new Problem(ApiFailure.Internal($"resourceVersion: Invalid value: {GoText.Quote(text)}: strconv.ParseUint: parsing {GoText.Quote(text)}: {(text.AsSpan().ContainsAnyExceptInRange('0', '9') ? "invalid syntax" : "value out of range")}"));
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
