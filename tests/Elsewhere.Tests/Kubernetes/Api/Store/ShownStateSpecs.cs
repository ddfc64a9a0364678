using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Tests.Dns.Resolver;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Kubernetes.Api.Store;

/// <summary>Clients see what the data plane has followed.</summary>
public sealed class ShownStateSpecs : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly ObjectStore store;

    public ShownStateSpecs()
    {
        store = ObjectStore.Open(null, out _, time);
        store.Shown.WaitFor(static change => change.Object.Collection == Collection.ConfigMaps);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task A_change_that_the_data_plane_needs_is_answered_and_watched_when_that_has_followed()
    {
        var write = PutAsync(Collection.ConfigMaps, "a");
        await DurableAsync(1);
        Assert.False(write.IsCompleted);
        Assert.Empty(Shown(out var more));

        store.Shown.Followed(store.Latest.Version);

        await write;
        await more;
        Assert.Equal(["a"], Shown(out _));
    }

    [Fact]
    public async Task What_does_not_concern_it_is_shown_at_once_but_never_before_what_it_stands_behind()
    {
        await PutAsync(Collection.Leases, "a");
        Assert.Equal(["a"], Shown(out _));

        var needed = PutAsync(Collection.ConfigMaps, "b");
        await DurableAsync(2);
        var version = store.Latest.Version;
        var behind = PutAsync(Collection.Leases, "c");
        await DurableAsync(3);
        Assert.Equal(["a"], Shown(out _));

        store.Shown.Followed(version);
        await needed;
        await behind;
        Assert.Equal(["a", "b", "c"], Shown(out _));
    }

    [Fact]
    public async Task A_data_plane_that_does_not_follow_holds_a_write_up_for_a_second()
    {
        var write = PutAsync(Collection.ConfigMaps, "a");
        await DurableAsync(1);
        await Eventually.TrueAsync(() => store.Shown.IsWaiting, "it waits");
        time.Advance(ShownState.Patience - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Shown(out _));
        Assert.False(store.Shown.IsAhead);

        time.Advance(TimeSpan.FromMilliseconds(1));

        await write;
        Assert.Equal(["a"], Shown(out _));
        Assert.True(store.Shown.IsAhead);
        store.Shown.Followed(store.Latest.Version);
        Assert.False(store.Shown.IsAhead);
    }

    [Fact]
    public async Task Without_a_data_plane_nothing_waits()
    {
        var write = PutAsync(Collection.ConfigMaps, "a");
        await DurableAsync(1);

        store.Shown.WaitFor(null);

        await write;
        await PutAsync(Collection.ConfigMaps, "b");
        Assert.Equal(["a", "b"], Shown(out _));
    }

    [Fact]
    public async Task What_changes_nothing_is_answered_when_that_which_it_saw_is_shown()
    {
        var write = PutAsync(Collection.ConfigMaps, "a");
        var look = store.WriteAndShowAsync(change => change.Find(Collection.ConfigMaps, new("default", "a"))).AsTask();
        await DurableAsync(1);
        Assert.False(look.IsCompleted);

        store.Shown.Followed(store.Latest.Version);

        Assert.Equal((await write).Version, (await look)!.Version);
    }

    private Task<StoredObject> PutAsync(Collection collection, string name) => store.WriteAndShowAsync(change =>
    {
        var tree = JsonText.Read($$$"""{"kind":"{{{collection.Kind.Kind}}}","apiVersion":"{{{collection.Kind.ApiVersion}}}","metadata":{"name":"{{{name}}}","namespace":"default"}}""").Root!;
        return change.Put(collection, new("default", name), tree, Writer.Api);
    }).AsTask();

    private Task DurableAsync(int objects) =>
        Eventually.TrueAsync(() => store.Latest.Tables.Sum(static table => table.Count) == objects, $"{objects} objects are durable");

    // What lists and watches hold: they are never of two minds.
    private List<string> Shown(out Task more)
    {
        var (version, changes) = (store.History.Floor, new List<StoreChange>());
        Assert.True(store.History.TryRead(ref version, static _ => true, changes, out more));
        Assert.Equal(store.State.Version, version);
        var listed = store.State.Tables.SelectMany(static table => table).OrderBy(static item => item.Version).Select(static item => item.Key.Name).ToList();
        Assert.Equal(listed, changes.Select(static change => change.Object.Key.Name));
        return listed;
    }
}
