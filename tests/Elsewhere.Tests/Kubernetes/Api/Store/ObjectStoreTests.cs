using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Store;

/// <summary>What is kept, what is shown to whom, and what a damaged file costs.</summary>
public sealed class ObjectStoreTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-store-").FullName;

    private string Journal => Path.Combine(directory, "objects.journal");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task What_was_written_is_there_after_a_restart_and_versions_go_on_behind_what_anybody_saw()
    {
        ulong last;
        await using (var store = ObjectStore.Open(Journal, out _))
        {
            await PutAsync(store, "a", "1");
            await PutAsync(store, "b", "1");
            await DeleteAsync(store, "a");
            last = (await PutAsync(store, "b", "2")).Version;
        }

        await using var again = ObjectStore.Open(Journal, out var finding);

        Assert.Null(finding);
        Assert.Equal("2", Value(again, "b"));
        Assert.Null(Value(again, "a"));
        Assert.True((await PutAsync(again, "c", "1")).Version > last);
    }

    [Fact]
    public async Task Objects_of_files_and_controllers_are_not_kept_but_their_versions_are_never_given_again()
    {
        ulong last;
        await using (var store = ObjectStore.Open(Journal, out _))
        {
            last = await store.WriteAsync(change =>
            {
                for (var i = 0; i < 30_000; i++)
                    change.Put(Collection.ConfigMaps, new("default", "f"), Make("f", "1"), Writer.File, "hash");
                return change.State.Version;
            });
        }

        await using var again = ObjectStore.Open(Journal, out _);

        Assert.Null(Value(again, "f"));
        Assert.True(again.State.Version >= last);
    }

    [Fact]
    public async Task A_file_that_is_torn_at_any_byte_holds_what_was_whole_before_it_and_goes_on()
    {
        var lengths = new List<long>();
        await using (var store = ObjectStore.Open(Journal, out _))
        {
            lengths.Add(new FileInfo(Journal).Length);
            for (var i = 0; i < 4; i++)
            {
                await PutAsync(store, $"n{i}", "1");
                lengths.Add(new FileInfo(Journal).Length);
            }
        }

        var whole = await File.ReadAllBytesAsync(Journal);
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            // A disk that lost power may also have made the file longer without writing all of it.
            await File.WriteAllBytesAsync(Journal, [.. whole[..cut], .. new byte[cut % 3 * 50]]);
            var count = lengths.FindLastIndex(length => length <= cut);
            await using (var again = ObjectStore.Open(Journal, out var finding))
            {
                Assert.True(finding is null, $"cut at {cut}: {finding?.Message}");
                Assert.True(count == again.State.Of(Collection.ConfigMaps).Count, $"cut at {cut}");
                await PutAsync(again, "next", "2");
            }

            await using var last = ObjectStore.Open(Journal, out var none);
            Assert.True(none is null && count + 1 == last.State.Of(Collection.ConfigMaps).Count && Value(last, "next") == "2", $"cut at {cut}, then written");
        }
    }

    [Fact]
    public async Task A_damaged_line_is_a_finding_and_costs_only_itself()
    {
        await using (var store = ObjectStore.Open(Journal, out _))
        {
            await PutAsync(store, "a", "1");
            await PutAsync(store, "b", "1");
            await PutAsync(store, "c", "1");
        }

        var bytes = await File.ReadAllBytesAsync(Journal);
        var lines = System.Text.Encoding.UTF8.GetString(bytes).Split('\n');
        bytes[lines[0].Length + lines[1].Length + 40] ^= 1;
        await File.WriteAllBytesAsync(Journal, bytes);

        await using var again = ObjectStore.Open(Journal, out var finding);

        Assert.Equal("api-state-damaged", finding!.Code);
        Assert.Contains("line 3", finding.Message, StringComparison.Ordinal);
        Assert.Equal(("1", null, "1"), (Value(again, "a"), Value(again, "b"), Value(again, "c")));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Journal + ".broken"));
    }

    [Fact]
    public async Task The_file_does_not_grow_with_the_number_of_writes()
    {
        await using var store = ObjectStore.Open(Journal, out _);
        var value = new string('x', 10_000);
        for (var i = 0; i < 100; i++)
            await Task.WhenAll(Enumerable.Range(0, 20).Select(n => PutAsync(store, $"n{n}", value + i).AsTask()));

        Assert.InRange(new FileInfo(Journal).Length, 200_000, 9_000_000);
        await store.DisposeAsync();
        await using var again = ObjectStore.Open(Journal, out _);
        Assert.Equal(value + 99, Value(again, "n7"));
    }

    [Fact]
    public async Task Who_falls_too_far_behind_is_told_so()
    {
        await using var store = ObjectStore.Open(null, out _);
        var cursor = (await PutAsync(store, "a", "0")).Version;
        await store.WriteAsync(change =>
        {
            for (var i = 0; i < 20_000; i++)
                change.Put(Collection.ConfigMaps, new("default", "a"), Make("a", "x"), Writer.Api);
            return true;
        });

        Assert.False(store.History.TryRead(ref cursor, static _ => true, [], out _));
        var recent = store.State.Version - 10;
        var found = new List<StoreChange>();
        Assert.True(store.History.TryRead(ref recent, static _ => true, found, out _));
        Assert.Equal(10, found.Count);
    }

    [Fact]
    public async Task Nobody_sees_a_change_before_it_is_durable_nor_a_part_of_several()
    {
        await using var store = ObjectStore.Open(Journal, out _);
        store.Changed = changes => Assert.True(File.ReadAllText(Journal).Contains($"\"{changes[^1].Object.Key.Name}\"", StringComparison.Ordinal));
        await store.WriteAsync(change =>
        {
            change.Put(Collection.ConfigMaps, new("default", "first"), Make("first", "1"), Writer.Api);
            Assert.Null(store.State.Find(Collection.ConfigMaps, new("default", "first")));
            return change.Put(Collection.ConfigMaps, new("default", "second"), Make("second", "1"), Writer.Api);
        });

        Assert.Equal(("1", "1"), (Value(store, "first"), Value(store, "second")));
    }

    private static string? Value(ObjectStore store, string name) => store.State.Find(Collection.ConfigMaps, new("default", name))?.Parse()["data"]!.Str("value");

    private static ValueTask<StoredObject> PutAsync(ObjectStore store, string name, string value) =>
        store.WriteAsync(change => change.Put(Collection.ConfigMaps, new("default", name), Make(name, value), Writer.Api));

    private static ValueTask<StoredObject> DeleteAsync(ObjectStore store, string name) =>
        store.WriteAsync(change => change.Delete(change.Find(Collection.ConfigMaps, new ObjectKey("default", name))!));

    private static Node Make(string name, string value)
    {
        var metadata = Node.Map();
        metadata.Set("name", Node.String(name));
        metadata.Set("namespace", Node.String("default"));
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
