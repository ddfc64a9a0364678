using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Elsewhere.Pod;

/// <summary>
/// Becomes another program that sees its own <c>resolv.conf</c>. A thread of a process may have its own mount namespace
/// (unshare(2) asks for a single-threaded process only for user namespaces), and when that thread calls execve(2) the new program
/// takes over the process with it: same process id, terminal, working directory; its exit code and signals need no passing on.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class PodProcess
{
    /// <summary>Set while an unprivileged user's command passes through unshare(1), so that it passes once.</summary>
    internal const string StageVariable = "ELSEWHERE_EXEC_STAGE";

    private const int Perm = 1, NoEntry = 2, NoExec = 8, Access = 13;
    private const int BrokenPipeSignal = 13;
    private const int AmbientCapabilities = 47, ClearAll = 4;

    private static readonly ExecProblem notPermitted = new(2, "this user may not make a private mount namespace", "run it with the right to mount: sudo elsewhere exec ...");

    // These would change what resolv.conf says (resolver(5)); a Pod has none of them.
    private static readonly string[] withheld = ["LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", StageVariable];

    /// <summary>Runs the command in place of this process. Returns only if that fails.</summary>
    internal static ExecProblem Become(PodSetup setup, string[] command, string[] ownArguments)
    {
        ExecProblem? problem = null;
        var thread = new Thread(() => problem = Enter(setup) ?? ExecCommand(setup.Trust, command));
        thread.Start();
        thread.Join();
        return ReferenceEquals(problem, notPermitted) ? BecomeUnprivileged(ownArguments) : problem!;
    }

    private static ExecProblem? Enter(PodSetup setup)
    {
        if (Libc.Unshare(Libc.NewMountNamespace) != 0)
            return Marshal.GetLastPInvokeError() == Perm ? notPermitted : Failed("make a private mount namespace");
        if (Libc.Mount("none", "/", null, Libc.PrivateRecursive, null) != 0)
            return Failed("make its mounts private");
        const string staging = "/tmp";
        if (Libc.Mount("elsewhere", staging, "tmpfs", Libc.DataOnly, "mode=0755,size=1m") != 0)
            return Failed("mount a private tmpfs");
        var problem = Cover(staging, "/etc/resolv.conf", setup.ResolvConf)
            ?? (setup.NameServiceSwitch is { } switches ? Cover(staging, "/etc/nsswitch.conf", switches) : null)
            ?? (setup.Hosts is { } hosts ? Cover(staging, "/etc/hosts", hosts) : null)
            ?? HideNameCache(staging);
        // The bind mounts keep the file system alive; nothing was ever written to a disk.
        _ = Libc.Unmount(staging, Libc.Detach);
        problem ??= Provide(setup.Trust);
        _ = Libc.Prctl(AmbientCapabilities, ClearAll, 0, 0, 0);
        return problem;
    }

    private static ExecProblem? Cover(string staging, string path, string content)
    {
        // A file that its owner replaces by rename(2) takes a mount on it along, in every namespace. systemd-resolved and
        // NetworkManager do that under /run whenever the network changes, so there the whole directory is covered.
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        var directory = Path.GetDirectoryName(target)!;
        if (!File.Exists(target))
        {
            return new ExecProblem(2, $"there is no {target} on this machine to put a private one over",
                target == path ? $"make an empty one: sudo touch {path}" : $"{path} points to it; start what writes it, or replace the link by a file");
        }

        var ownDirectory = directory.StartsWith("/run/", StringComparison.Ordinal) && path != target;
        if (ownDirectory && Libc.Mount("elsewhere", directory, "tmpfs", Libc.DataOnly, "mode=0755,size=1m") != 0)
            return Failed($"cover {directory}");
        var file = ownDirectory ? target : Path.Combine(staging, Path.GetFileName(path));
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return ownDirectory || Libc.Mount(file, target, null, Libc.Bind, null) == 0 ? null : Failed($"put a private file over {target}");
    }

    private static ExecProblem? HideNameCache(string staging)
    {
        // nscd answers through its socket from the host's files, whatever ours say.
        if (!File.Exists("/run/nscd/socket"))
            return null;
        var empty = Directory.CreateDirectory(Path.Combine(staging, "nscd")).FullName;
        return Libc.Mount(empty, "/run/nscd", null, Libc.Bind, null) == 0 ? null : Failed("hide nscd's socket");
    }

    private static ExecProblem? Provide(TrustBundle trust)
    {
        if (trust.Files.Count == 0)
            return null;
        if (Libc.Mount("elsewhere", trust.Directory, "tmpfs", Libc.DataOnly, "mode=0755,size=64m") != 0)
            return Failed($"cover {trust.Directory}");
        foreach (var (name, content) in trust.Files)
        {
            var file = Path.Combine(trust.Directory, name);
            File.WriteAllBytes(file, content);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        return null;
    }

    private static ExecProblem Failed(string what) => new(2, $"cannot {what}: {Libc.LastProblem()}", "");

    private static ExecProblem ExecCommand(TrustBundle trust, string[] command)
    {
        // The framework ignores SIGPIPE, and what is ignored stays ignored over execve(2).
        _ = Libc.Signal(BrokenPipeSignal, 0);
        var arguments = RawProcess.LastArguments(command);
        var environment = RawProcess.Environment(withheld.Concat(trust.Variables.Select(static set => set.Variable)))
            .Concat(trust.Variables.Select(static set => RawProcess.Text($"{set.Variable}={set.Value}")))
            .ToArray();
        var lastError = NoEntry;
        foreach (var path in Candidates(command[0]))
        {
            RawProcess.Execve(path, arguments, environment);
            var error = Marshal.GetLastPInvokeError();
            if (error == NoExec)
            {
                // As execvp(3) does for a script without a first line that names its interpreter.
                RawProcess.Execve("/bin/sh", [.. RawProcess.Texts(["/bin/sh", path]), .. arguments.Skip(1)], environment);
            }

            // A directory of PATH that may not be searched hides nothing in a later one.
            if (error != NoEntry)
                lastError = error;
            if (error is not (NoEntry or Access))
                break;
        }

        return lastError == NoEntry
            ? new ExecProblem(127, $"{command[0]}: command not found", "")
            : new ExecProblem(126, $"{command[0]}: {Marshal.GetPInvokeErrorMessage(lastError)}", "");
    }

    private static IEnumerable<string> Candidates(string name) => name.Contains('/', StringComparison.Ordinal)
        ? [name]
        : (Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Select(directory => Path.Combine(directory.Length == 0 ? "." : directory, name));

    private static ExecProblem BecomeUnprivileged(string[] ownArguments)
    {
        if (Environment.GetEnvironmentVariable(StageVariable) is not null)
            return notPermitted;
        // A user namespace would do, but the kernel gives one only to a process with one thread; unshare(1) of util-linux is one.
        var self = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [self, Environment.GetCommandLineArgs()[0]] : [self];
        string[] head = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "--", .. program];
        var arguments = RawProcess.Texts(head).Concat(RawProcess.LastArguments(ownArguments)).ToArray();
        var environment = RawProcess.Environment([]).Append(RawProcess.Text($"{StageVariable}=1")).ToArray();
        foreach (var path in Candidates("unshare"))
            RawProcess.Execve(path, arguments, environment);
        return notPermitted with { Message = "this user may not make a private mount namespace, and unshare(1) of util-linux is not here to help" };
    }
}
