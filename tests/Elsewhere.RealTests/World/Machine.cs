using System.Globalization;

namespace Elsewhere.RealTests.World;

/// <summary>
/// A network and a mount namespace that stand for the user's machine: one cable to the internet, its own loopback, its own
/// <c>/etc/resolv.conf</c>, <c>/tmp</c> and <c>/var/lib</c>. Each test has its own, so tests may run at the same time.
/// </summary>
internal sealed class Machine : IAsyncDisposable
{
    /// <summary>Runs what follows as a user without any right.</summary>
    public static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--", "env", "HOME=/tmp/nobody"];

    private readonly string name;
    private readonly List<Running> running = [];
    private readonly string resolvConf;
    private Running? holder;

    private Machine(Internet internet, string name)
    {
        Internet = internet;
        this.name = name;
        Files = Path.Combine(Janitor.Directory, name);
        Work = Path.Combine(Files, "work");
        resolvConf = Path.Combine(Files, "resolv.conf");
        Environs = new Environs(Work, new Dictionary<string, string>
        {
            ["PATH"] = $"{Installed.Bin}:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            // These tests start many short processes, which a better second compilation would not pay for.
            ["DOTNET_TieredPGO"] = "0",
            ["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath)!,
            ["LC_ALL"] = "C.UTF-8",
            // What dotnet would leave running for the next build cannot outlive the machine.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
        });
    }

    public Internet Internet { get; }

    /// <summary>What the tests keep for it; seen from inside and outside.</summary>
    public string Files { get; }

    /// <summary>The working directory of everything that runs here.</summary>
    public string Work { get; }

    public Environs Environs { get; private set; }

    /// <summary>The path under which the namespace can be entered.</summary>
    public string NamespacePath => $"/run/netns/{name}";

    /// <summary>What this machine's <c>/etc/resolv.conf</c> says.</summary>
    public const string ResolvConf = $"nameserver {Internet.NameServer}\n";

    public static async Task<Machine> CreateAsync()
    {
        var internet = await Internet.TheAsync();
        var number = internet.NextMachine().ToString(CultureInfo.InvariantCulture);
        var machine = new Machine(internet, $"{Janitor.Prefix}-m{number}");
        Directory.CreateDirectory(machine.Work);
        File.SetUnixFileMode(machine.Work, (UnixFileMode)0b111_111_111);
        await File.WriteAllTextAsync(machine.resolvConf, ResolvConf);
        // No link-local address: it is ready a second or two after the interface is up, and a browser ends all that it loads when the addresses change.
        (await Shell.RunAsync(
            [
                "sh", "-ec",
                $"""
                ip netns add {machine.name}
                ip -n {Internet.Name} link add m{number} type veth peer name eth0 netns {machine.name}
                ip -n {Internet.Name} address add 198.18.{number}.1/30 dev m{number}
                ip -n {Internet.Name} link set m{number} up
                ip -n {machine.name} link set lo up
                ip -n {machine.name} link set eth0 addrgenmode none
                ip -n {machine.name} address add 198.18.{number}.2/30 dev eth0
                ip -n {machine.name} link set eth0 up
                ip -n {machine.name} route add default via 198.18.{number}.1
                """,
            ],
            Environs.Host)).Well();
        await machine.PowerOnAsync();
        return machine;
    }

    /// <summary>Runs a program on this machine, to its end.</summary>
    public Task<Done> RunAsync(params string[] command) => RunAsync(command, null);

    /// <summary>Runs a program on this machine, to its end, with a standard input.</summary>
    public Task<Done> RunAsync(string[] command, string? input) => Shell.RunAsync(Here(command), Environs, input);

    /// <summary>Runs a shell script on this machine.</summary>
    public Task<Done> ShellAsync(string script) => RunAsync("sh", "-c", script);

    /// <summary>Runs <c>elsewhere</c> on this machine, to its end.</summary>
    public Task<Done> ElsewhereAsync(params string[] arguments) => RunAsync(["elsewhere", .. arguments]);

    /// <summary>Starts a program that goes on; it ends with the machine.</summary>
    public Running Start(params string[] command)
    {
        var started = new Running(Here(command), Environs);
        running.Add(started);
        return started;
    }

    /// <summary>Starts <c>elsewhere run</c> on manifests and waits until it serves.</summary>
    public async Task<Running> RunElsewhereAsync(params string[] arguments)
    {
        var started = Start(["elsewhere", "run", .. arguments]);
        // The last thing that it prints is what to type next.
        await started.SaysAsync("elsewhere exec");
        await ServesAsync(started);
        return started;
    }

    /// <summary>Waits until cluster DNS answers at an address.</summary>
    public Task ServesAsync(Running started, string server = "127.96.0.10", string port = "53") => Eventually.TrueAsync(
        async () => started.HasEnded
            ? throw new InvalidOperationException($"ended: {started}")
            : (await DigAsync($"@{server}", "-p", port, "+tries=1", "+time=1", "+short", "dns-version.cluster.local", "TXT")).Text == "\"1.1.0\"",
        () => $"{started}");

    /// <summary>Runs <c>dig</c>.</summary>
    public Task<Done> DigAsync(params string[] arguments) => RunAsync(["dig", .. arguments]);

    /// <summary>The one answer of <c>dig +short</c> from cluster DNS.</summary>
    public async Task<string> AskAsync(string question, string type = "A") => (await DigAsync("@127.96.0.10", "+short", question, type)).Well().Text;

    /// <summary>Writes a file in the working directory the way careful editors do: beside it first, then in its place.</summary>
    public async Task<string> WriteAsync(string file, string content)
    {
        var path = Path.Combine(Work, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = Path.Combine(Files, Path.GetRandomFileName());
        await File.WriteAllTextAsync(beside, content);
        File.Move(beside, path, overwrite: true);
        return path;
    }

    /// <summary>Writes a program that runs a command here, with further arguments, for those who start it outside; its path.</summary>
    public async Task<string> ScriptAsync(string file, params string[] command)
    {
        string[] line = [.. Here(["env", .. Environs.Variables.Select(each => $"{each.Key}={each.Value}"), .. command])];
        var path = Path.Combine(Files, file);
        await File.WriteAllTextAsync(path, $"#!/bin/sh\nexec {string.Join(' ', line.Select(word => $"'{word}'"))} \"$@\"\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    /// <summary>A copy of one of the repository's directories of examples, to be edited.</summary>
    public async Task<string> CopyAsync(string directory)
    {
        var copy = Path.Combine(Work, Path.GetFileName(directory));
        (await Shell.RunAsync(["cp", "-r", Path.Combine(Installed.Repository, directory), copy], Environs.Host)).Well();
        (await Shell.RunAsync(["chmod", "-R", "a+rX", copy], Environs.Host)).Well();
        return copy;
    }

    /// <summary>Sets a variable for everything that runs here from now on.</summary>
    public void Set(string variable, string value) => Environs = Environs.With(variable, value);

    /// <summary>Lets everything run in another directory from now on.</summary>
    public void ChangeDirectory(string directory) => Environs = Environs with { Directory = directory };

    public async ValueTask DisposeAsync()
    {
        // All of them first: a grandchild keeps its grandparent's output open.
        _ = await Shell.RunAsync(["sh", "-c", $"ip netns pids {name} | xargs -r kill -KILL"], Environs.Host);
        foreach (var each in running)
            await each.DisposeAsync();
        if (holder is not null)
            await holder.DisposeAsync();
        _ = await Shell.RunAsync(["sh", "-c", $"ip netns delete {name}; rm -rf {Files}"], Environs.Host);
    }

    // A mount namespace lives as long as a process in it. What the tests need of the machine outside stays where it is, also below /tmp.
    private async Task PowerOnAsync()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] needed = [Installed.Repository, Environs.Variables["DOTNET_ROOT"], $"{home}/.nuget", $"{home}/.dotnet", Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? ""];
        holder = new Running(
            [
                "nsenter", $"--net={NamespacePath}", "unshare", "--mount", "sh", "-ec",
                $"""
                mount --bind {resolvConf} /etc/resolv.conf
                mount -t tmpfs -o mode=755 machine /var/lib
                for path; do mkdir -p "{Files}/kept$path"; mount --bind "$path" "{Files}/kept$path"; done
                mount -t tmpfs -o mode=1777 machine /tmp
                for path; do mkdir -p "$path"; mount --move "{Files}/kept$path" "$path"; done
                echo ready
                exec sleep infinity
                """,
                "sh", .. needed.Where(path => path.StartsWith("/tmp/", StringComparison.Ordinal) && Directory.Exists(path)),
            ],
            Environs.Host);
        await holder.SaysAsync("ready");
    }

    private string[] Here(string[] command) =>
        ["nsenter", string.Create(CultureInfo.InvariantCulture, $"--target={holder!.Pid}"), "--mount", "--net", $"--wd={Environs.Directory}", "--", .. command];
}
