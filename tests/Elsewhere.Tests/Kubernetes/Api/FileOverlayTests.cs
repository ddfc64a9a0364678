using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api;

/// <summary>Files and clients write one set of objects, and of each object the last writer wins.</summary>
public sealed class FileOverlayTests : IAsyncDisposable
{
    private static readonly ObjectKey Key = new("shop", "payments");
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-overlay-").FullName;
    private ApiObjects? objects;

    private string File => Path.Combine(directory, "payments.yaml");

    private string Journal => Path.Combine(directory, "objects.journal");

    public async ValueTask DisposeAsync()
    {
        if (objects is not null)
            await objects.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_files_object_shows_in_the_api_with_its_place()
    {
        await OpenAsync();
        var view = Read(Manifest("one.example.com"));

        var shown = objects!.Core.Store.State.Find(Collection.Services, Key)!;

        Assert.Equal("one.example.com", Target(view));
        Assert.Equal($"{File}:1", shown.Parse()["metadata"]!["annotations"]!.Str("elsewhere.dev/file"));
        Assert.DoesNotContain("payments", await System.IO.File.ReadAllTextAsync(Journal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_client_writes_over_a_file_stays_until_the_file_changes()
    {
        await OpenAsync();
        Read(Manifest("one.example.com"));
        await WriteAsync("two.example.com");

        var overridden = Read(Manifest("one.example.com"));
        Assert.Equal("two.example.com", Target(overridden));
        Assert.Equal("api-overrides-file", Assert.Single(overridden.Findings).Code);
        Assert.Equal("two.example.com", Target(Read("# a comment\n" + Manifest("one.example.com"))));

        var back = Read(Manifest("three.example.com"));
        Assert.Equal("three.example.com", Target(back));
        Assert.Equal("file-replaces-api", Assert.Single(back.Findings).Code);
        Assert.Equal(Writer.File, objects!.Core.Store.State.Find(Collection.Services, Key)!.Writer);
    }

    [Fact]
    public async Task An_override_and_a_deletion_are_remembered_over_a_restart()
    {
        await OpenAsync();
        Read(Manifest("one.example.com"));
        await WriteAsync("two.example.com");
        await OpenAsync();
        Assert.Equal("two.example.com", Target(Read(Manifest("one.example.com"))));

        await objects!.Core.Store.WriteAsync(change => change.Delete(change.Find(Collection.Services, Key)!, change.Find(Collection.Services, Key)!.FileHash));
        Assert.Empty(Read(Manifest("one.example.com")).Services);
        await OpenAsync();
        Assert.Empty(Read(Manifest("one.example.com")).Services);
        Assert.Equal("three.example.com", Target(Read(Manifest("three.example.com"))));
    }

    [Fact]
    public async Task Deleting_the_file_deletes_its_objects_whoever_changed_them_last()
    {
        await OpenAsync();
        Read(Manifest("one.example.com"));
        await WriteAsync("two.example.com");

        Assert.Empty(Read("").Services);
        Assert.Null(objects!.Core.Store.State.Find(Collection.Services, Key));
    }

    [Fact]
    public async Task A_file_that_comes_after_a_client_wins()
    {
        await OpenAsync();
        Read("");
        await WriteAsync("two.example.com");
        Assert.Equal("two.example.com", Target(Read("")));

        Assert.Equal("one.example.com", Target(Read(Manifest("one.example.com"))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_files_and_clients_do_the_view_is_the_one_that_a_look_at_everything_gives(int seed)
    {
        var random = new Random(seed);
        await OpenAsync();
        var merge = new ViewMerge();
        var files = new SortedDictionary<string, ManifestContent>(StringComparer.Ordinal);
        for (var round = 0; round < 150; round++)
        {
            for (var writes = random.Next(3); writes > 0; writes--)
                await EditAsync(random);
            var name = $"{random.Next(3)}.yaml";
            if (random.Next(4) == 0)
                files.Remove(name);
            else if (random.Next(3) == 0)
                files[name] = ManifestFile.Read(new(name, System.Text.Encoding.UTF8.GetBytes(string.Join("---\n", Enumerable.Range(0, random.Next(3)).Select(_ => Manifest($"f{random.Next(9)}.example.com", $"s{random.Next(6)}"))))), ReadOptions.Default);
            var (overlaid, view) = Look(merge, [.. files.Values]);

            // A controller may have written meanwhile, or what was written is about to be shown: it is there at one of the next looks.
            for (var start = TimeProvider.System.GetTimestamp(); objects!.Core.Store.Latest.Version != overlaid.Version || objects.Core.Store.State.Version != overlaid.Version;)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"the view is of {overlaid.Version}, the store at {objects.Core.Store.Latest.Version}, what is shown of {objects.Core.Store.State.Version}");
                await Task.Yield();
                (overlaid, view) = Look(merge, [.. files.Values]);
            }

            var anew = new ApiContents(objects.Core.Store);
            Assert.False(anew.Follow([]));
            var whole = new ViewMerge().Merge(overlaid.Files, anew.Take());
            Assert.True(view == whole, $"seed {seed}, round {round}:\n{view}\n{whole}");
            // What the API lists is what is served.
            var listed = objects.Core.Store.State.Of(Collection.Services).Select(static item => (item.Key, item.Parse()["spec"]!.Str("externalName")));
            var served = view.Services.Select(static service => (service.Key, service.ExternalName!));
            Assert.True(listed.SequenceEqual(served), $"seed {seed}, round {round}: {string.Join(' ', listed)} | {string.Join(' ', served)} | {string.Join(' ', files.Select(static file => $"{file.Key}: {string.Join(' ', file.Value.Objects.Select(static o => (o.Key, ((ServiceView)o.View!).ExternalName)))}"))}");
        }
    }

    private (Overlaid Overlaid, ClusterView View) Look(ViewMerge merge, IReadOnlyList<ManifestContent> files)
    {
        var overlaid = objects!.Overlay(files);
        objects.Follow(overlaid, Task.CompletedTask);
        return (overlaid, merge.Merge(overlaid.Files, overlaid.Api));
    }

    private async Task EditAsync(Random random)
    {
        var key = new ObjectKey("shop", $"s{random.Next(6)}");
        if (random.Next(4) > 0)
            await WriteAsync($"a{random.Next(9)}.example.com", key.Name);
        else
            await objects!.Core.Store.WriteAsync(change => change.Find(Collection.Services, key) is { } found ? change.Delete(found, found.FileHash) : null);
    }

    private static string Manifest(string target, string name = "payments") =>
        $"kind: Service\napiVersion: v1\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ type: ExternalName, externalName: {target} }}\n";

    private static string Target(ClusterView view) => Assert.Single(view.Services).ExternalName!;

    private async Task OpenAsync()
    {
        if (objects is not null)
            await objects.DisposeAsync();
        objects = ApiObjects.Open(Journal, ResolveOptions.Default.ServiceCidrs, ReadOptions.Default, () => AddressBook.Empty, TimeProvider.System, out var finding);
        Assert.Null(finding);
        objects.Attach(static () => { });
        _ = objects.ReadyAsync();
    }

    private ClusterView Read(string text)
    {
        var overlaid = objects!.Overlay([ManifestFile.Read(new(File, System.Text.Encoding.UTF8.GetBytes(text)), ReadOptions.Default)]);
        objects.Follow(overlaid, Task.CompletedTask);
        return new ViewMerge().Merge(overlaid.Files, overlaid.Api);
    }

    // As the API writes: what stood there, with another target.
    private async Task WriteAsync(string target, string name = "payments") => await objects!.Core.Store.WriteAsync(change =>
    {
        var old = change.Find(Collection.Services, new("shop", name));
        var path = RequestPath.Read("", "v1", ["namespaces", "shop", "services", name])!;
        var query = new WriteQuery(false, FieldValidation.Strict, "test", null);
        var tree = JsonText.Read($"{{\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"shop\"}},\"spec\":{{\"type\":\"ExternalName\",\"externalName\":\"{target}\"}}}}").Root!;
        var writer = new ObjectWriter(objects.Core);
        if (change.Find(Collection.Namespaces, new("", "shop")) is null)
            writer.Create(change, RequestPath.Read("", "v1", ["namespaces"])!, query, new(JsonText.Read("""{"metadata":{"name":"shop"}}""").Root!, []));
        return old is null ? writer.Create(change, path, query, new(tree, [])) : writer.Update(change, path, query, old, new(tree, []));
    });
}
