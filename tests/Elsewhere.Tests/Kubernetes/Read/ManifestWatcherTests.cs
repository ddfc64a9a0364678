using System.Diagnostics;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Kubernetes.Read;

public sealed class ManifestWatcherTests : IAsyncLifetime
{
    // No test waits this long unless it fails.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly string folder = Directory.CreateTempSubdirectory("elsewhere-watch").FullName;
    private ManifestWatcher? watcher;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (watcher is not null)
            await watcher.DisposeAsync();
        // Directory.Delete cannot name what is not UTF-8.
        using var remove = Process.Start("rm", ["-rf", folder]);
        await remove.WaitForExitAsync();
    }

    [Fact]
    public async Task An_edited_file_takes_effect()
    {
        Write("a.yaml", Service("a", 80));
        Watch(folder);
        Assert.Equal(80, Ports("a"));

        Write("a.yaml", Service("a", 81));
        await Until(() => Ports("a") == 81);
    }

    [Fact]
    public async Task A_new_file_and_a_deleted_file_take_effect()
    {
        Watch(folder);
        Assert.Equal("directory-empty", Assert.Single(watcher!.Current.Findings).Code);

        Write("a.yml", Service("a", 80));
        await Until(() => Names() == "a");
        Write("b.json", Service("b", 80));
        await Until(() => Names() == "a b");
        File.Delete(Path("a.yml"));
        await Until(() => Names() == "b");
    }

    [Fact]
    public async Task Directories_that_come_later_are_watched()
    {
        Watch(folder);
        Directory.CreateDirectory(Path("x/y"));
        Write("x/y/a.yaml", Service("a", 80));
        await Until(() => Names() == "a");
        Write("x/y/a.yaml", Service("b", 80));
        await Until(() => Names() == "b");
        Directory.Delete(Path("x"), true);
        await Until(() => Names().Length == 0);
    }

    [Fact]
    public async Task A_broken_file_keeps_its_last_good_content()
    {
        Write("a.yaml", Service("a", 80));
        Write("b.yaml", Service("b", 80));
        Watch(folder);

        Write("a.yaml", "metadata: {name: a\nspec:");
        await Until(() => Codes().Contains("file-keeps-last-good"));
        Assert.Equal("a b", Names());
        Assert.Contains("yaml-malformed", Codes());

        Write("a.yaml", Service("a", 0));
        await Until(() => Codes().Contains("kubernetes-invalid"));
        Assert.Equal(80, Ports("a"));

        Write("a.yaml", Service("a", 81));
        await Until(() => Ports("a") == 81);
        Assert.Empty(Codes());
    }

    [Fact]
    public void A_file_that_never_was_good_gives_what_is_good_in_it()
    {
        Write("a.yaml", Service("a", 0) + "\n---\n" + Service("b", 80));
        Write("b.yaml", "{{{");
        Watch(folder);

        Assert.Equal("b", Names());
        Assert.DoesNotContain("file-keeps-last-good", Codes());
    }

    [Fact]
    public async Task An_atomic_rename_takes_effect()
    {
        Write("a.yaml", Service("a", 80));
        Watch(Path("a.yaml"));

        Write(".a.yaml.swp", "half");
        Write("4913", "");
        Write("a.yaml.new", Service("a", 81));
        File.Move(Path("a.yaml.new"), Path("a.yaml"), true);
        await Until(() => Ports("a") == 81);
    }

    [Fact]
    public async Task A_file_that_is_deleted_and_written_anew_never_disappears()
    {
        Write("a.yaml", Service("a", 80));
        var lost = 0;
        // The clock stands still, so that no load on the machine makes the moment without a file too long.
        Watch(folder, view => lost += view.Services.IsEmpty ? 1 : 0, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));

        for (var port = 81; port < 91; port++)
        {
            File.Delete(Path("a.yaml"));
            Write("a.yaml", Service("a", port));
        }

        await Until(() => Ports("a") == 90);
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task A_mounted_config_map_is_followed_through_its_links()
    {
        Directory.CreateDirectory(Path("mount/..one"));
        Directory.CreateDirectory(Path("mount/..two"));
        Write("mount/..one/a.yaml", Service("a", 80));
        Write("mount/..two/a.yaml", Service("a", 81));
        Directory.CreateSymbolicLink(Path("mount/..data"), "..one");
        File.CreateSymbolicLink(Path("mount/a.yaml"), "..data/a.yaml");
        Watch(Path("mount"));
        Assert.Equal(80, Ports("a"));
        Assert.Empty(Codes());

        Directory.CreateSymbolicLink(Path("mount/..data_tmp"), "..two");
        Process.Start("mv", ["-T", Path("mount/..data_tmp"), Path("mount/..data")]).WaitForExit();
        await Until(() => Ports("a") == 81);
    }

    [Fact]
    public async Task A_path_that_is_missing_is_a_finding_until_it_is_there()
    {
        Watch(Path("later.yaml"));
        Assert.Equal("file-unreadable", Assert.Single(watcher!.Current.Findings).Code);

        Write("later.yaml", Service("a", 80));
        await Until(() => Names() == "a" && Codes().Length == 0);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_findings()
    {
        File.WriteAllBytes(Path("utf16.yaml"), Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Service("a", 80))).ToArray());
        File.WriteAllBytes(Path("latin1.yaml"), Encoding.Latin1.GetBytes("a: é"));
        File.WriteAllBytes(Path("bom.yaml"), Encoding.UTF8.GetPreamble().Concat(Encoding.UTF8.GetBytes(Service("bom", 80))).ToArray());
        File.CreateSymbolicLink(Path("nowhere.yaml"), "gone");
        File.CreateSymbolicLink(Path("loop.yaml"), "loop.yaml");
        Watch(folder);

        Assert.Equal("bom", Names());
        Assert.Equal("file-not-utf8 file-not-utf8 file-unreadable file-unreadable", Codes());
    }

    [Fact]
    public void File_names_of_any_bytes_are_findings_at_worst()
    {
        Process.Start("sh", ["-c", $"printf 'x' > \"{folder}/$(printf 'a\\377\\n.yaml')\""]).WaitForExit();
        Write("line\nbreak.yaml", Service("a", 80));
        Watch(folder);

        Assert.Equal("a", Names());
        Assert.Equal("file-unreadable", Codes());
    }

    [Fact]
    public async Task The_poll_sees_what_nobody_told_of()
    {
        Write("a.yaml", Service("a", 80));
        File.SetLastWriteTimeUtc(Path("a.yaml"), DateTime.UnixEpoch);
        await using var stream = new FileStream(Path("a.yaml"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Watch(folder);

        // Written, not closed: the system says nothing.
        stream.Write(Encoding.UTF8.GetBytes(Service("b", 80)));
        stream.Flush();
        await Until(() => Names() == "b");
    }

    [Fact]
    public async Task One_edit_among_many_files_reads_one_file()
    {
        for (var i = 0; i < 300; i++)
            Write($"{i}.yaml", Service($"s{i}", 80));
        Watch(folder);
        var before = watcher!.Current.Services;

        Write("7.yaml", Service("s7", 81));
        await Until(() => Ports("s7") == 81);
        var same = before.Count(old => watcher.Current.Services.Any(now => ReferenceEquals(old, now)));
        Assert.Equal(299, same);
    }

    private static string Service(string name, int port) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{ports: [{{port: {port}}}]}}}}";

    private string Path(string name) => System.IO.Path.Combine(folder, name);

    private void Write(string name, string text) => File.WriteAllText(Path(name), text);

    private void Watch(string path, Action<ClusterView>? changed = null, TimeProvider? time = null) => watcher = ManifestWatcher.Start(
        [path],
        ReadOptions.Default,
        view =>
        {
            changed?.Invoke(view);
            return Task.CompletedTask;
        },
        time ?? TimeProvider.System,
        TimeSpan.FromMilliseconds(200));

    private string Names() => string.Join(' ', watcher!.Current.Services.Select(s => s.Key.Name));

    private int Ports(string name) => watcher!.Current.Services.Where(s => s.Key.Name == name).Select(s => s.Ports[0].Port).SingleOrDefault();

    private string Codes() => string.Join(' ', watcher!.Current.Findings.Select(f => f.Code).Order());

    private async Task Until(Func<bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"still waiting: {Names()} | {Codes()}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
