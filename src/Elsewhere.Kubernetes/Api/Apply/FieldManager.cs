using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>What applying gave.</summary>
/// <param name="Object">The object with its managedFields, defaults not applied yet; null together with a failure.</param>
/// <param name="Failure">The answer, if there is none.</param>
internal sealed record ApplyResult(Node? Object, ApiFailure? Failure);

/// <summary>Keeps account of who owns which field, and applies objects by it: server-side apply (apimachinery <c>util/managedfields</c>, structured-merge-diff <c>merge</c>).</summary>
internal static class FieldManager
{
    /// <summary>Managers other than by apply that an object remembers; of more the oldest become one.</summary>
    public const int UpdateManagers = 10;

    private const string Kubectl = "kubectl";
    private static readonly string[] Unowned = ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"];

    /// <summary>
    /// The managedFields of an object that was created, updated or patched. The caller sets them (<see cref="ManagedFields.Set"/>), and in the end calls
    /// <see cref="ManagedFields.KeepTimes"/>.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="subresource">Such as <c>status</c>; empty for the object itself.</param>
    /// <param name="live">The object as stored; null if it is created.</param>
    /// <param name="written">The object as decoded with its static defaults, before the server fills in anything: <see cref="ApiOutcome.AsWritten"/>.</param>
    /// <param name="manager">The field manager of the request; the program's name where it states none.</param>
    /// <param name="now">The time.</param>
    public static Node? Track(ApiKind kind, string subresource, Node? live, Node written, string manager, DateTimeOffset now)
    {
        var before = live?["metadata"]?["managedFields"];
        var stated = written["metadata"]?["managedFields"];
        var reset = stated is { Items: [{ Entries.Count: 0 }] };
        var owners = reset ? [] : subresource.Length > 0 ? null : ManagedFields.Read(stated);
        if (!reset && owners is null or { Count: 0 })
            owners = ManagedFields.Read(before) ?? [];
        if (owners!.Count == 0 && live is not null)
            return null; // Nobody kept account until now, and an update is not when one begins.
        Update(kind, subresource, owners, Stripped(live ?? Empty(kind)), Stripped(written), manager, now);
        Cap(owners);
        return ManagedFields.Write(owners);
    }

    /// <summary>Applies an object.</summary>
    /// <param name="kind">The kind of the path.</param>
    /// <param name="subresource">Such as <c>status</c>; empty for the object itself.</param>
    /// <param name="live">The object as stored; null if there is none, which makes one.</param>
    /// <param name="applied">What the request says.</param>
    /// <param name="manager">The field manager; the request must state one.</param>
    /// <param name="force">Whether fields that others own are taken over.</param>
    /// <param name="now">The time.</param>
    public static ApplyResult Apply(ApiKind kind, string subresource, Node? live, Node applied, string manager, bool force, DateTimeOffset now)
    {
        if (Check(kind, applied) is { } refused)
            return new(null, refused);
        var current = live ?? Empty(kind);
        if (ManagedFields.Read(current["metadata"]?["managedFields"]) is not { } owners)
            return new(null, ApiFailure.Internal("failed to decode managed fields"));
        var stripped = Stripped(current);
        if (owners.Count == 0)
            Update(kind, "", owners, Empty(kind), stripped, "before-first-apply", now);
        var self = Manager.Of(kind, manager, applies: true, subresource);
        var attempt = new ApplyAttempt(kind, subresource, stripped, applied, self, owners);
        if (attempt.Conflicts is { } conflicts && !force)
        {
            var excused = manager == Kubectl ? LastApplied.Fields(kind, stripped) : null;
            if (excused is null || !conflicts.AllIn(excused))
                return new(null, conflicts.Refusal(excused));
        }

        var after = attempt.Finish();
        if (after.TryGetValue(self, out var own))
        {
            var fields = own.Fields.Except(Strip);
            if (fields.IsEmpty)
                after.Remove(self);
            else
                after[self] = own with { Fields = fields, Time = attempt.Changed ? Text(now) : owners.GetValueOrDefault(self)?.Time };
        }

        var merged = (attempt.Changed ? attempt.Merged : stripped).Copy();
        if (manager == Kubectl)
            LastApplied.Refresh(merged, applied);
        if (merged["metadata"] is not { Kind: NodeKind.Map })
            merged.Set("metadata", Node.Map());
        ManagedFields.Set(merged, ManagedFields.Write(after));
        return new(merged, null);
    }

    /// <summary>Fields of the root that a write to a path does not touch, and whose managers it leaves alone (<c>GetResetFields</c> of each strategy).</summary>
    public static IReadOnlyList<string> Untouched(ApiKind kind, string subresource) => (kind.Kind, subresource) switch
    {
        ("Service" or "Namespace", "") => ["status"],
        ("Alias" or "AliasPolicy", "") => ["status"],
        ("Service" or "Namespace", "status") => ["spec"],
        ("Alias" or "AliasPolicy", "status") => ["metadata", "spec"],
        _ => [],
    };

    /// <summary>A time as managedFields hold it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static FieldSet Strip { get; } = MakeStrip();

    private static FieldSet MakeStrip()
    {
        var set = new FieldSet();
        foreach (var root in (string[])["apiVersion", "kind", "metadata"])
            set.Insert([FieldElement.Field(root)]);
        foreach (var field in Unowned)
            set.Insert([FieldElement.Field("metadata"), FieldElement.Field(field)]);
        return set;
    }

    private static ApiFailure? Check(ApiKind kind, Node applied)
    {
        var (version, name) = (applied.Str("apiVersion"), applied.Str("kind"));
        var written = $"{(version.Contains('/', StringComparison.Ordinal) ? "" : "/")}{version}, Kind={name}";
        if (version != kind.ApiVersion || name != kind.Kind)
            return ApiFailure.BadRequest($"invalid object type: {written}");
        var metadata = applied["metadata"];
        if (metadata?["managedFields"] is not (null or { Kind: NodeKind.Null }))
            return ApiFailure.BadRequest("metadata.managedFields must be nil");
        return TypedCheck.Explain(applied, kind.Schema) is { } complaint
            ? ApiFailure.Internal($"failed to create typed patch object ({metadata?.Str("namespace")}/{metadata?.Str("name")}; {written}): {complaint}")
            : null;
    }

    // What one write other than by apply changed is its manager's now, and nobody else's.
    private static void Update(ApiKind kind, string subresource, Dictionary<Manager, Ownership> owners, Node before, Node after, string name, DateTimeOffset now)
    {
        var untouched = Untouched(kind, subresource);
        var changes = TypedValue.Compare(before, after, kind.Schema).Without(untouched);
        Ownerships.Yield(owners, kind, changes, except: null);
        var taken = changes.Modified.Union(changes.Added).Without(untouched).Except(Strip);
        if (taken.IsEmpty)
            return;
        var manager = Manager.Of(kind, name, applies: false, subresource);
        var previous = owners.GetValueOrDefault(manager)?.Fields ?? new();
        owners[manager] = new(taken.Union(previous), kind.ApiVersion, Text(now));
    }

    private static void Cap(Dictionary<Manager, Ownership> owners)
    {
        var oldest = owners.Where(static o => !o.Key.Applies).OrderBy(static o => ManagedFields.Seconds(o.Value.Time)).ThenBy(static o => o.Key.ToString(), StringComparer.Ordinal).ToList();
        var firsts = new Dictionary<string, Manager>(StringComparer.Ordinal);
        var count = oldest.Count;
        foreach (var (manager, owned) in oldest)
        {
            if (count <= UpdateManagers)
                return;
            if (firsts.TryAdd(owned.ApiVersion, manager))
                continue;
            var bucket = new Manager("ancient-changes", false, owned.ApiVersion, "");
            if (!owners.TryGetValue(bucket, out var joined) && owners.Remove(firsts[owned.ApiVersion], out joined))
                owners[bucket] = joined;
            owners.Remove(manager);
            owners[bucket] = new(owned.Fields.Union(joined!.Fields), owned.ApiVersion, owned.Time);
            count--;
        }
    }

    private static Node Stripped(Node root)
    {
        var copy = root.Copy();
        copy["metadata"]?.Remove("managedFields");
        return copy;
    }

    private static Node Empty(ApiKind kind)
    {
        var empty = Decoder.Zero(kind.Schema);
        empty.Set("kind", Node.String(kind.Kind));
        empty.Set("apiVersion", Node.String(kind.ApiVersion));
        return empty;
    }
}
