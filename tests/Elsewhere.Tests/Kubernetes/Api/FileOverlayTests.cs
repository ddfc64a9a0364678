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

    private static string Manifest(string target) =>
        $"kind: Service\napiVersion: v1\nmetadata: {{ name: payments, namespace: shop }}\nspec: {{ type: ExternalName, externalName: {target} }}\n";

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

    private ClusterView Read(string text) => new ViewMerge().Merge(objects!.Overlay([ManifestFile.Read(new(File, System.Text.Encoding.UTF8.GetBytes(text)), ReadOptions.Default)]));

    // As the API writes: what stood there, with another target.
    private async Task WriteAsync(string target) => await objects!.Core.Store.WriteAsync(change =>
    {
        var old = change.Find(Collection.Services, Key);
        var path = RequestPath.Read("", "v1", ["namespaces", "shop", "services", "payments"])!;
        var query = new WriteQuery(false, FieldValidation.Strict, "test", null);
        var tree = JsonText.Read($"{{\"metadata\":{{\"name\":\"payments\",\"namespace\":\"shop\"}},\"spec\":{{\"type\":\"ExternalName\",\"externalName\":\"{target}\"}}}}").Root!;
        var writer = new ObjectWriter(objects.Core);
        if (change.Find(Collection.Namespaces, new("", "shop")) is null)
            writer.Create(change, RequestPath.Read("", "v1", ["namespaces"])!, query, new(JsonText.Read("""{"metadata":{"name":"shop"}}""").Root!, []));
        return old is null ? writer.Create(change, path, query, new(tree, [])) : writer.Update(change, path, query, old, new(tree, []));
    });
}
