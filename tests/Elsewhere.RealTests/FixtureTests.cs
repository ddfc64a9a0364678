using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>The world of these tests is what it says, and leaves nothing behind.</summary>
public sealed class FixtureTests
{
    [RealFact]
    public async Task The_articles_host_answers_in_the_namespace_and_the_machine_outside_does_not_know_it()
    {
        await using var machine = await Machine.CreateAsync();

        Assert.Equal("Hello from 1.1.1.1:9000\n", (await machine.RunAsync("curl", "-s", "http://1.1.1.1:9000/")).Well().Out);
        Assert.Equal("203.0.113.5", (await machine.RunAsync("dig", "+short", "prod.database.k8salliance.com")).Well().Text);
        Assert.Equal(Machine.ResolvConf, (await machine.RunAsync("cat", "/etc/resolv.conf")).Well().Out);
        Assert.DoesNotContain(
            "1.1.1.1", (await Shell.RunAsync(["ip", "-o", "address"], Environs.Host)).Well().Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task A_machine_that_is_done_with_is_gone()
    {
        string path;
        await using (var machine = await Machine.CreateAsync())
        {
            path = machine.NamespacePath;
            _ = machine.Start("sleep", "1000");
            Assert.True(File.Exists(path));
        }

        Assert.False(File.Exists(path));
    }

    [RealFact]
    public async Task A_test_run_that_is_killed_leaves_nothing_behind()
    {
        // The same shell that waits for this run, told that it waits for another one.
        var other = $"ew{int.MaxValue}";
        var directory = $"/var/tmp/elsewhere-real-{int.MaxValue}";
        Directory.CreateDirectory(directory);
        (await Shell.RunAsync(["ip", "netns", "add", $"{other}-m1"], Environs.Host)).Well();
        await using var lost = new Running(["ip", "netns", "exec", $"{other}-m1", "sleep", "1000"], Environs.Host);
        using (var janitor = Janitor.Wait(other, directory))
            janitor.StandardInput.Close();

        await Eventually.TrueAsync(() => Task.FromResult(!Directory.Exists(directory)), () => "the directory is still there");
        await lost.EndsAsync();
        Assert.False(File.Exists($"/run/netns/{other}-m1"));
    }
}
