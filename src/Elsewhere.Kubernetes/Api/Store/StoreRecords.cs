using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>The lines of the journal: an object as it is now, an object that is gone, and how far versions may have been given out.</summary>
internal static class StoreRecords
{
    /// <summary>Versions up to this one may have been seen by somebody.</summary>
    public static byte[] Reserve(ulong version) => JournalLine.Of(string.Create(CultureInfo.InvariantCulture, $"{{\"reserve\":{version}}}"));

    /// <summary>An object as a client wrote it.</summary>
    public static byte[] Put(StoredObject item)
    {
        var line = new StringBuilder("{\"put\":").Append(Encoding.UTF8.GetString(item.Json));
        if (item.FileHash is { } hash)
            line.Append(",\"overrides\":\"").Append(hash).Append('"');
        return JournalLine.Of(line.Append('}').ToString());
    }

    /// <summary>An object that is no longer the API's; with a fingerprint: a file's object that a client deleted.</summary>
    public static byte[] Drop(Collection collection, ObjectKey key, ulong version, string? hidden)
    {
        var record = Node.Map();
        record.Set("drop", Node.String(collection.Kind.Kind));
        record.Set("apiVersion", Node.String(collection.Kind.ApiVersion));
        record.Set("namespace", Node.String(key.Namespace));
        record.Set("name", Node.String(key.Name));
        record.Set("version", Node.Number(version.ToString(CultureInfo.InvariantCulture)));
        if (hidden is not null)
            record.Set("hides", Node.String(hidden));
        return JournalLine.Of(record.ToString());
    }

    /// <summary>Everything that has to be known after a restart.</summary>
    public static IEnumerable<byte[]> All(StoreState state, ulong reserved)
    {
        yield return Reserve(reserved);
        foreach (var table in state.Tables)
        {
            foreach (var item in table)
            {
                if (item.Writer == Writer.Api)
                    yield return Put(item);
            }
        }

        foreach (var ((collection, key), hash) in state.Tombstones)
            yield return Drop(collection, key, state.Version, hash);
    }

    /// <summary>Applies a line to what the lines before it made.</summary>
    /// <returns>False if it is no line that this version writes.</returns>
    public static bool TryApply(ReadOnlyMemory<byte> line, StoreStateBuilder state)
    {
        if (JsonText.Read(line.Span).Root is not { } record)
            return false;
        if (record["reserve"] is { } reserve)
            return ulong.TryParse(reserve.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var upTo) && state.Reach(upTo);
        if (record["put"] is { } tree)
            return TryPut(tree, record.StrOrNull("overrides"), state);
        if (Collection.Find(record.Str("apiVersion"), record.Str("drop")) is not { } collection)
            return false;
        var key = new ObjectKey(record.Str("namespace"), record.Str("name"));
        state.Drop(collection, key, record.StrOrNull("hides"));
        return ulong.TryParse(record.Str("version"), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && state.Reach(version);
    }

    private static bool TryPut(Node tree, string? fileHash, StoreStateBuilder state)
    {
        if (Collection.Find(tree.Str("apiVersion"), tree.Str("kind")) is not { } collection || tree["metadata"] is not { } metadata
            || !ulong.TryParse(metadata.Str("resourceVersion"), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return false;
        var key = new ObjectKey(metadata.Str("namespace"), metadata.Str("name"));
        state.Put(StoredObject.Of(collection, key, version, Writer.Api, tree, fileHash));
        return state.Reach(version);
    }
}
