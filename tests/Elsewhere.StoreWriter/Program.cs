using System.Globalization;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.StoreWriter;

/// <summary>Writes objects until it is killed, and says what was acknowledged: <c>NAME VERSION VALUE</c>, the value empty for a deletion.</summary>
internal static class Program
{
    private const int Writers = 8, Names = 40;

    private static async Task Main(string[] args)
    {
        var (path, seed) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture));
        // Written anew every few kills, so that those meet it too; and short, so that opening it costs little.
        await using var store = ObjectStore.Open(path, out _, options: StoreOptions.Default with { CompactAbove = 64 * 1024 });
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(store, writer, new Random(seed + writer)))));
    }

    // Each writer has names of its own, so that the last acknowledged value of a name is known.
    private static async Task WriteAsync(ObjectStore store, int writer, Random random)
    {
        for (var i = 0; ; i++)
        {
            var key = new ObjectKey("default", string.Create(CultureInfo.InvariantCulture, $"w{writer}-{random.Next(Names)}"));
            var value = string.Create(CultureInfo.InvariantCulture, $"{i}-{new string((char)('a' + random.Next(26)), random.Next(8) == 0 ? random.Next(2000) : random.Next(200))}");
            var (version, written) = await store.WriteAsync(change =>
            {
                if (random.Next(4) == 0 && change.Find(Collection.ConfigMaps, key) is { } old)
                    return (change.Delete(old).Version, "");
                return (change.Put(Collection.ConfigMaps, key, Make(key, value), Writer.Api).Version, value);
            });
            var line = string.Create(CultureInfo.InvariantCulture, $"{key.Name} {version} {written}\n");
            lock (Console.Out)
            {
                Console.Out.Write(line);
                Console.Out.Flush();
            }
        }
    }

    private static Node Make(ObjectKey key, string value)
    {
        var metadata = Node.Map();
        metadata.Set("name", Node.String(key.Name));
        metadata.Set("namespace", Node.String(key.Namespace));
        var data = Node.Map();
        data.Set("value", Node.String(value));
        var tree = Node.Map();
        tree.Set("kind", Node.String("ConfigMap"));
        tree.Set("apiVersion", Node.String("v1"));
        tree.Set("metadata", metadata);
        tree.Set("data", data);
        return tree;
    }
}
