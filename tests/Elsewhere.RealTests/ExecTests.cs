using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary><c>elsewhere exec</c>: as in a Pod, and nothing else changed.</summary>
public sealed class ExecTests
{
    [RealFact]
    public async Task The_command_sees_a_pods_resolv_conf_and_the_machine_keeps_its_own()
    {
        await using var machine = await StartedAsync();

        var inside = (await machine.ElsewhereAsync("exec", "-n", "my-namespace", "--", "cat", "/etc/resolv.conf")).Well();

        Assert.Equal(
            ["nameserver 127.96.0.10", "search my-namespace.svc.cluster.local svc.cluster.local cluster.local", "options ndots:5"],
            inside.Lines);
        // The name of another test's network namespace that goes takes its mount along, here too.
        var beside = await machine.ShellAsync(
            "state() { cat /etc/resolv.conf; grep -v /netns/ /proc/mounts; }; before=$(state); elsewhere exec -- true; [ \"$before\" = \"$(state)\" ]");
        beside.Well();
        Assert.Equal(Machine.ResolvConf, (await machine.RunAsync("cat", "/etc/resolv.conf")).Well().Out);
    }

    [RealFact]
    public async Task A_bare_name_is_of_the_namespace_that_was_asked_for()
    {
        await using var machine = await StartedAsync();

        Assert.Contains(Internet.Database, (await machine.ElsewhereAsync("exec", "-n", "my-namespace", "--", "getent", "ahostsv4", "database")).Well().Out, StringComparison.Ordinal);
        Assert.Equal(2, (await machine.ElsewhereAsync("exec", "-n", "default", "--", "getent", "ahostsv4", "database")).ExitCode);
        Assert.Contains(Internet.OriginOne, (await machine.ElsewhereAsync("exec", "--", "getent", "ahostsv4", "www.example.test")).Well().Out, StringComparison.Ordinal);
    }

    [RealTheory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -TERM $$", 128 + Signals.Term)]
    [InlineData("kill -KILL $$", 128 + Signals.Kill)]
    public async Task The_commands_end_is_its_own_end(string script, int exitCode)
    {
        await using var machine = await StartedAsync();

        Assert.Equal(exitCode, (await machine.ElsewhereAsync("exec", "--", "sh", "-c", script)).ExitCode);
    }

    [RealFact]
    public async Task A_command_that_is_not_there_is_127_as_in_a_shell()
    {
        await using var machine = await StartedAsync();

        var done = await machine.ElsewhereAsync("exec", "--", "no-such-command");

        Assert.Equal(127, done.ExitCode);
        Assert.Contains("no-such-command", done.Err, StringComparison.Ordinal);
        Assert.Equal("", done.Out);
    }

    [RealFact]
    public async Task A_signal_reaches_the_command()
    {
        await using var machine = await StartedAsync();
        var exec = machine.Start("elsewhere", "exec", "--", "sh", "-c", "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        await exec.SaysAsync("ready");

        exec.Signal(Signals.Term);

        Assert.Equal(3, await exec.EndsAsync());
        Assert.Contains("got it", exec.Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task Arguments_and_streams_pass_unchanged()
    {
        await using var machine = await StartedAsync();

        var done = await machine.RunAsync(["elsewhere", "exec", "--", "sh", "-c", "printf '<%s>' \"$@\"; cat; echo oops >&2", "sh", "a b", "", "--help", "*"], "from standard input");

        Assert.Equal("<a b><><--help><*>from standard input", done.Well().Out);
        Assert.Equal("oops\n", done.Err);
    }

    [RealFact]
    public async Task Without_a_running_instance_it_says_what_to_start()
    {
        await using var machine = await Machine.CreateAsync();

        var done = await machine.ElsewhereAsync("exec", "--", "true");

        Assert.Equal(2, done.ExitCode);
        Assert.Contains("elsewhere run", done.Err, StringComparison.Ordinal);
        Assert.Equal("", done.Out);
    }

    [RealFact]
    public async Task A_user_without_rights_has_it_too_or_learns_why_not()
    {
        await using var machine = await StartedAsync();

        var done = await machine.RunAsync([.. Machine.Nobody, Installed.Command, "exec", "--", "curl", "-s", "http://external-service"]);
        var allowed = (await machine.RunAsync([.. Machine.Nobody, "unshare", "--user", "--map-current-user", "--mount", "true"])).ExitCode == 0;

        if (allowed)
        {
            Assert.Equal("Hello from 1.1.1.1:9000\n", done.Well().Out);
        }
        else
        {
            Assert.Equal(2, done.ExitCode);
            Assert.Contains("sudo", done.Err, StringComparison.Ordinal);
        }
    }

    private static async Task<Machine> StartedAsync()
    {
        var machine = await Machine.CreateAsync();
        await machine.RunElsewhereAsync("-f", Path.Combine(Installed.Repository, "examples/article"));
        return machine;
    }
}
