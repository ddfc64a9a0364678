using Elsewhere.Model;
using Elsewhere.State;

namespace Elsewhere.Tests.State;

public sealed class StateDirectorySpecs : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("elsewhere-state-").FullName;

    private static AddressBook Book { get; } = new([
        new(new("default", "a"), IPText.Parse("127.96.1.2")),
        new(new("shop", "payments"), IPText.Parse("127.96.3.4")),
        new(new("shop", "payments"), IPText.Parse("fd00::7")),
    ]);

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public void Addresses_outlive_the_process()
    {
        Assert.Equal(AddressBook.Empty, Reopen(out var finding, write: Book));
        Assert.Null(finding);
        Assert.Equal(Book, Reopen(out finding));
        Assert.Null(finding);
    }

    [Fact]
    public void A_file_torn_at_any_byte_is_set_aside_with_a_finding()
    {
        Reopen(out _, write: Book);
        var file = Path.Combine(path, "addresses.json");
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Equal(AddressBook.Empty, Reopen(out var finding));
            Assert.Equal("state-broken", finding?.Code);
            Assert.Equal(whole[..length], File.ReadAllBytes(file + ".broken"));
            Assert.False(File.Exists(file));
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"version":2,"addresses":[]}""")]
    [InlineData("""{"version":1,"addresses":null}""")]
    [InlineData("""{"version":1,"addresses":[{"namespace":"a","name":null,"address":"127.96.0.1"}]}""")]
    [InlineData("""{"version":1,"addresses":[{"namespace":"a","name":"b","address":"127.1"}]}""")]
    [InlineData("\u0000\u0001")]
    public void Anything_else_in_its_place_is_set_aside_too(string content)
    {
        File.WriteAllText(Path.Combine(path, "addresses.json"), content);
        Assert.Equal(AddressBook.Empty, Reopen(out var finding, write: Book));
        Assert.NotNull(finding);
        Assert.Equal(Book, Reopen(out finding));
        Assert.Null(finding);
    }

    [Fact]
    public void A_write_that_was_cut_off_leaves_the_old_content()
    {
        Reopen(out _, write: Book);
        File.WriteAllText(Path.Combine(path, "addresses.json.tmp"), "{\"ver");
        Assert.Equal(Book, Reopen(out var finding));
        Assert.Null(finding);
    }

    [Fact]
    public void Two_instances_do_not_share_a_directory()
    {
        using var first = StateDirectory.Take(path, out _, out _);
        Assert.NotNull(first);
        Assert.Null(StateDirectory.Take(path, out var problem, out _));
        Assert.Contains("another elsewhere", problem, StringComparison.Ordinal);
        Assert.Contains("--state", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_cannot_be_used_is_a_sentence()
    {
        var file = Path.Combine(path, "file");
        File.WriteAllText(file, "");
        Assert.Null(StateDirectory.Take(Path.Combine(file, "below"), out var problem, out _));
        Assert.Contains(file, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_instance_is_found_until_it_ends()
    {
        var info = new InstanceInfo(Environment.ProcessId, ProcessTime.Of(Environment.ProcessId)!.Value, ["127.96.0.10"], ["127.96.0.10:53"], "cluster.local", ["127.96.0.0/16"], ["/a"]);
        using (var state = StateDirectory.Take(path, out _, out _))
        {
            state!.WriteInstance(info);
            Assert.Equal(info.ProcessId, StateDirectory.ReadInstance(path)?.Info.ProcessId);
        }

        Assert.Null(StateDirectory.ReadInstance(path));
    }

    [Fact]
    public void A_killed_instance_is_not_taken_for_a_running_one()
    {
        using var state = StateDirectory.Take(path, out _, out _);
        // Its process id belongs to somebody else by now.
        state!.WriteInstance(new InstanceInfo(Environment.ProcessId, 1, [], [], "cluster.local", [], []));
        Assert.Null(StateDirectory.ReadInstance(path));
        File.WriteAllText(Path.Combine(path, "instance.json"), "{");
        Assert.Null(StateDirectory.ReadInstance(path));
    }

    [Fact]
    public void A_process_that_nobody_waited_for_is_dead()
    {
        Assert.NotNull(ProcessTime.Of(Environment.ProcessId));
        Assert.Null(ProcessTime.Of(int.MaxValue));
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "sh -c 'exit 0' & echo $!; read end"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        var child = int.Parse(shell.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(SpinWait.SpinUntil(() => ProcessTime.Of(child) is null, TimeSpan.FromSeconds(20)));
        shell.StandardInput.Close();
        shell.WaitForExit();
    }

    private AddressBook Reopen(out Finding? finding, AddressBook? write = null)
    {
        using var state = StateDirectory.Take(path, out _, out _);
        var book = state!.ReadAddresses(out finding);
        if (write is not null)
            state.WriteAddresses(write);
        return book;
    }
}
