using System.Runtime.InteropServices;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Store;
using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Tests.Kubernetes.Api.Store;

/// <summary>A disk that fails costs the writes that it fails, and nothing that was acknowledged before or is afterwards.</summary>
public sealed class StoreFaultTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-fault-").FullName;

    private string Journal => Path.Combine(directory, "objects.journal");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_write_whose_sync_fails_is_refused_with_what_to_do_and_leaves_nothing()
    {
        var disk = new FailingDisk();
        await using var store = Open(disk);
        await PutAsync(store, "a", "1");
        disk.Fails = static () => true;

        var refused = await Assert.ThrowsAsync<IOException>(() => PutAsync(store, "a", "2"));

        Assert.Equal("Input/output error: the disk or the way to it is broken, see dmesg", refused.Message);
        Assert.Equal("1", Value(store, "a"));
        disk.Fails = static () => false;
        await PutAsync(store, "b", "1");
        await store.DisposeAsync();
        await using var again = Open(disk);
        Assert.Equal(("1", "1"), (Value(again, "a"), Value(again, "b")));
    }

    [Fact]
    public async Task After_a_failed_sync_nothing_is_taken_to_be_in_the_old_file()
    {
        // The kernel tells of a page that it could not write once; the next sync of that file is well, and the page is not there.
        var disk = new FailingDisk { Ruins = true };
        await using var store = Open(disk);
        await PutAsync(store, "a", "1");
        disk.Fails = static () => true;
        await Assert.ThrowsAsync<IOException>(() => PutAsync(store, "b", "1"));
        disk.Fails = static () => false;

        await PutAsync(store, "c", "1");

        await store.DisposeAsync();
        await using var again = Open(disk);
        Assert.Equal(("1", null, "1"), (Value(again, "a"), Value(again, "b"), Value(again, "c")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whichever_syncs_fail_what_was_acknowledged_is_there_after_a_restart_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var kept = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var run = 0; run < 12; run++)
        {
            var disk = new FailingDisk { Ruins = true };
            await using var store = Open(disk);
            disk.Fails = () => random.Next(3) == 0;
            for (var write = 0; write < 40; write++)
            {
                var (name, value) = ($"n{random.Next(8)}", $"{run}-{write}-{new string('x', random.Next(300))}");
                try
                {
                    await PutAsync(store, name, value);
                    kept[name] = value;
                }
                catch (IOException)
                {
                    // Not acknowledged.
                }
            }

            disk.Fails = static () => false;
            Assert.Equal(kept, Values(store));
            // A write that is acknowledged vouches for all before it.
            await PutAsync(store, "last", kept["last"] = $"{run}");
            await store.DisposeAsync();
            await using var again = Open(new FailingDisk());
            Assert.Equal(kept, Values(again));
        }
    }

    [Fact]
    public async Task A_file_whose_new_name_may_not_be_on_the_disk_gets_nothing_more()
    {
        var disk = new FailingDisk();
        await using var store = Open(disk);
        disk.Fails = () => disk.IsDirectory;
        var refused = 0;
        for (var write = 0; write < 40; write++)
        {
            try
            {
                await PutAsync(store, "a", $"{write}-{new string('x', 400)}");
                Assert.True(refused == 0, "acknowledged, although the file's name may be the old one's");
            }
            catch (IOException)
            {
                refused++;
            }
        }

        Assert.True(refused > 0, "nothing was written anew");
        disk.Fails = static () => false;
        await PutAsync(store, "a", "last");
        Assert.Equal("last", Value(store, "a"));
    }

    [Fact]
    public async Task A_disk_that_becomes_read_only_between_a_write_and_its_sync_acknowledges_nothing()
    {
        var disk = new FailingDisk { Error = 30 };
        await using var store = Open(disk);
        disk.Fails = static () => true;

        Assert.EndsWith("mount it for writing again", (await Assert.ThrowsAsync<IOException>(() => PutAsync(store, "a", "1"))).Message, StringComparison.Ordinal);
    }

    private ObjectStore Open(FailingDisk disk)
    {
        var store = ObjectStore.Open(Journal, out var finding, options: new(4096, disk.Sync));
        Assert.Null(finding);
        return store;
    }

    private static string? Value(ObjectStore store, string name) => store.State.Find(Collection.ConfigMaps, new("default", name))?.Parse()["data"]!.Str("value");

    private static SortedDictionary<string, string> Values(ObjectStore store) =>
        new(store.State.Of(Collection.ConfigMaps).ToDictionary(static item => item.Key.Name, static item => item.Parse()["data"]!.Str("value")), StringComparer.Ordinal);

    private static async Task PutAsync(ObjectStore store, string name, string value) => await store.WriteAsync(change => change.Put(
        Collection.ConfigMaps,
        new("default", name),
        JsonText.Read($$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"default"},"data":{"value":"{{{value}}}"}}""").Root!,
        Writer.Api));

    /// <summary>A disk some of whose syncs fail, as fsync(2) tells of it.</summary>
    private sealed class FailingDisk
    {
        public Func<bool> Fails { get; set; } = static () => false;

        /// <summary>Whether a file is lost with a failed sync of it.</summary>
        public bool Ruins { get; init; }

        public int Error { get; init; } = 5;

        /// <summary>Whether it is a directory that is synced right now.</summary>
        public bool IsDirectory { get; private set; }

        public void Sync(SafeFileHandle file)
        {
            IsDirectory = Directory.Exists($"/proc/self/fd/{file.DangerousGetHandle()}");
            if (!Fails())
            {
                Disk.Sync(file);
                return;
            }

            if (Ruins && !IsDirectory)
                RandomAccess.Write(file, new byte[RandomAccess.GetLength(file)], 0);
            throw new IOException(Marshal.GetPInvokeErrorMessage(Error), Error);
        }
    }
}
