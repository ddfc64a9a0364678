using System.Globalization;

namespace Elsewhere.RealTests.World;

/// <summary>
/// A network namespace that stands for the user's machine: one cable to the internet, its own loopback, its own <c>/etc/resolv.conf</c>,
/// its own home. Each test has its own, so tests may run at the same time.
/// </summary>
internal sealed class Machine : IAsyncDisposable
{
    /// <summary>Runs what follows as a user without any right.</summary>
    public static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"];

    private readonly string name;
    private readonly List<Running> running = [];

    private Machine(Internet internet, string name)
    {
        Internet = internet;
        this.name = name;
        Home = Path.Combine(Janitor.Directory, name);
        Work = Path.Combine(Home, "work");
        Environs = new Environs(Work, new Dictionary<string, string>
        {
            ["HOME"] = Home,
            ["PATH"] = $"{Program.Bin}:{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            // One core less of tiered compilation per process; these tests start many short ones.
            ["DOTNET_TieredPGO"] = "0",
            ["NUGET_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
            ["LC_ALL"] = "C.UTF-8",
        });
    }

    public Internet Internet { get; }

    /// <summary>The user's home.</summary>
    public string Home { get; }

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
        File.SetUnixFileMode(machine.Home, (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(machine.Work, (UnixFileMode)0b111_111_111);
        Directory.CreateDirectory($"/etc/netns/{machine.name}");
        await File.WriteAllTextAsync($"/etc/netns/{machine.name}/resolv.conf", ResolvConf);
        (await Shell.RunAsync(
            [
                "sh", "-ec",
                $"""
                ip netns add {machine.name}
                ip -n {Internet.Name} link add m{number} type veth peer name eth0 netns {machine.name}
                ip -n {Internet.Name} address add 198.18.{number}.1/30 dev m{number}
                ip -n {Internet.Name} link set m{number} up
                ip -n {machine.name} link set lo up
                ip -n {machine.name} address add 198.18.{number}.2/30 dev eth0
                ip -n {machine.name} link set eth0 up
                ip -n {machine.name} route add default via 198.18.{number}.1
                """,
            ],
            Environs.Host)).Well();
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
        var beside = Path.Combine(Home, Path.GetRandomFileName());
        await File.WriteAllTextAsync(beside, content);
        File.Move(beside, path, overwrite: true);
        return path;
    }

    /// <summary>A copy of one of the repository's directories of examples, to be edited.</summary>
    public async Task<string> CopyAsync(string directory)
    {
        var copy = Path.Combine(Work, Path.GetFileName(directory));
        (await Shell.RunAsync(["cp", "-r", Path.Combine(Program.Repository, directory), copy], Environs.Host)).Well();
        (await Shell.RunAsync(["chmod", "-R", "a+rX", copy], Environs.Host)).Well();
        return copy;
    }

    /// <summary>Sets a variable for everything that runs here from now on.</summary>
    public void Set(string variable, string value) => Environs = Environs.With(variable, value);

    /// <summary>Lets everything run in another directory from now on.</summary>
    public void ChangeDirectory(string directory) => Environs = Environs with { Directory = directory };

    public async ValueTask DisposeAsync()
    {
        foreach (var each in running)
            await each.DisposeAsync();
        _ = await Shell.RunAsync(
            ["sh", "-c", $"ip netns pids {name} | xargs -r kill -KILL; ip netns delete {name}; rm -rf /etc/netns/{name} {Home}"], Environs.Host);
    }

    private string[] Here(string[] command) => ["ip", "netns", "exec", name, .. command];
}
