using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>Who owns fields: a manager as <c>metadata.managedFields</c> tells them apart.</summary>
/// <param name="Name">The name that it gave itself.</param>
/// <param name="Applies">Whether by server-side apply; else by create, update and patch.</param>
/// <param name="ApiVersion">The version it wrote in; empty for one that applies, which is the same one in every version.</param>
/// <param name="Subresource">Such as <c>status</c>; empty for the object itself.</param>
internal sealed record Manager(string Name, bool Applies, string ApiVersion, string Subresource)
{
    /// <summary>The manager of a write.</summary>
    public static Manager Of(ApiKind kind, string name, bool applies, string subresource) =>
        new(name.Length == 0 ? "unknown" : name, applies, applies ? "" : kind.ApiVersion, subresource);

    /// <summary>The name in messages, <c>"kubectl-patch" using v1</c>.</summary>
    public override string ToString() =>
        GoText.Quote(Name) + (Subresource.Length > 0 ? $" with subresource {GoText.Quote(Subresource)}" : "") + (Applies ? "" : " using " + ApiVersion);
}

/// <summary>What a manager owns.</summary>
/// <param name="Fields">The fields.</param>
/// <param name="ApiVersion">The version that they are named in.</param>
/// <param name="Time">When that changed last, RFC 3339; null where nothing says so.</param>
internal sealed record Ownership(FieldSet Fields, string ApiVersion, string? Time);

/// <summary>Reads and writes <c>metadata.managedFields</c> (apimachinery <c>util/managedfields/internal/managedfields.go</c>).</summary>
internal static class ManagedFields
{
    /// <summary>The owners that an object names; null if what it says makes no sense.</summary>
    public static Dictionary<Manager, Ownership>? Read(Node? entries)
    {
        var owners = new Dictionary<Manager, Ownership>();
        foreach (var entry in entries?.Items ?? [])
        {
            var version = entry.Str("apiVersion");
            if (entry.Str("operation") is not ("Apply" or "Update") || version.Length == 0 || entry.Str("fieldsType") != "FieldsV1")
                return null;
            var applies = entry.Str("operation") == "Apply";
            var fields = entry["fieldsV1"] is { } written ? FieldSet.Parse(written) : new();
            owners[new(entry.Str("manager"), applies, applies ? "" : version, entry.Str("subresource"))] = new(fields, version, entry.StrOrNull("time"));
        }

        return owners;
    }

    /// <summary>The entries of some owners: those that apply first, then by time and name. Null if there are none.</summary>
    public static Node? Write(Dictionary<Manager, Ownership> owners)
    {
        if (owners.Count == 0)
            return null;
        var list = Node.List(0, owners.Count);
        var ordered = owners.OrderBy(static o => o.Key.Applies ? 0 : 1).ThenBy(static o => Seconds(o.Value.Time)).ThenBy(static o => o.Key.Name, StringComparer.Ordinal)
            .ThenBy(static o => o.Value.ApiVersion, StringComparer.Ordinal).ThenBy(static o => o.Key.Subresource, StringComparer.Ordinal);
        foreach (var (manager, owned) in ordered)
            list.Items.Add(Entry(manager, owned));
        return list;
    }

    /// <summary>Sets the entries of an object, or takes them away.</summary>
    public static void Set(Node root, Node? entries)
    {
        if (entries is null)
            root["metadata"]!.Remove("managedFields");
        else
            root["metadata"]!.Set("managedFields", entries);
    }

    /// <summary>
    /// Gives a written object the entries of the stored one if nothing but their times (and so their order) differs, so that a write that changes nothing is none.
    /// </summary>
    public static void KeepTimes(Node stored, Node written)
    {
        var (before, after) = (stored["metadata"]?["managedFields"], written["metadata"]?["managedFields"]);
        if (before is not null && after is not null && !Node.Same(before, after) && Node.Same(Timeless(stored), Timeless(written)))
            written["metadata"]!.Set("managedFields", before);
    }

    /// <summary>Seconds since 1970 of a time; 0 for none.</summary>
    public static long Seconds(string? time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUnixTimeSeconds() : 0;

    private static Node Entry(Manager manager, Ownership owned)
    {
        var entry = Node.Map();
        entry.Set("manager", Node.String(manager.Name));
        entry.Set("operation", Node.String(manager.Applies ? "Apply" : "Update"));
        entry.Set("apiVersion", Node.String(owned.ApiVersion));
        if (owned.Time is not null)
            entry.Set("time", Node.String(owned.Time));
        entry.Set("fieldsType", Node.String("FieldsV1"));
        entry.Set("fieldsV1", owned.Fields.ToNode());
        if (manager.Subresource.Length > 0)
            entry.Set("subresource", Node.String(manager.Subresource));
        return entry;
    }

    private static Node Timeless(Node root)
    {
        var copy = root.Copy();
        var metadata = copy["metadata"]!;
        metadata.Remove("resourceVersion");
        var entries = metadata.ListOf("managedFields");
        foreach (var entry in entries)
            entry.Remove("time");
        entries.Sort(static (a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));
        return copy;
    }
}
