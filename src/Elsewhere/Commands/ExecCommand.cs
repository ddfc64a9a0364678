using System.CommandLine;
using System.Net;
using Elsewhere.Model;
using Elsewhere.Pod;
using Elsewhere.State;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere exec</c>: a command as if in a Pod.</summary>
internal static class ExecCommand
{
    // Candidates in /etc/hosts are few; a list of blocked advertisers has none. Behind the limit a line stays as it is.
    private const int MaxQuestions = 2000;

    internal static Command Create(Terminal terminal)
    {
        var podNamespace = new Option<string>("--namespace", "-n")
        {
            HelpName = "NAMESPACE",
            Description = "The namespace whose short names the command sees [default: default]",
            DefaultValueFactory = static _ => "default",
        };
        var state = CommonOptions.State("The state directory of the running elsewhere [default: where run keeps it]");
        var words = new Argument<string[]>("COMMAND") { HelpName = "-- COMMAND...", Description = "The command and its arguments", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("exec", "Run a command as if in a Pod: it sees the aliases by name, trusts the alias CA beside the system's, and reaches the Kubernetes API with kubectl. It gets its own "
            + "resolv.conf in a private mount namespace; nothing of this machine changes. Exit code, signals and terminal are the command's own.")
        {
            podNamespace, state, words,
        };
        command.SetAction(parsed => Run(parsed.GetValue(podNamespace)!, parsed.GetValue(state), parsed, parsed.GetValue(words) ?? [], terminal));
        return command.WithExamples(
            ("Call an alias of the namespace default by its short name", "elsewhere exec -- curl http://external-service"),
            ("A shell in the namespace my-namespace", "elsewhere exec -n my-namespace -- bash"),
            ("From any namespace", "elsewhere exec -- psql -h database.my-namespace"));
    }

    private static int Run(string podNamespace, string? state, ParseResult parsed, string[] command, Terminal terminal)
    {
        if (command.Length == 0 || !parsed.Tokens.Any(static token => token.Value == "--"))
            return terminal.Refuse("exec needs a command behind --", "elsewhere exec -n my-namespace -- curl http://database");
        if (!DnsName.TryParse(podNamespace, out var label, out _) || label.LabelCount != 1)
            return terminal.Refuse($"'{podNamespace}' is no namespace", "a namespace is one DNS label: elsewhere exec -n my-namespace -- ...");
        if (!OperatingSystem.IsLinux())
            return terminal.Refuse("exec needs Linux: other systems have no private mounts", "point this machine's resolver at the address that run prints instead");
        if (Instances.Find(state) is not { Info: var instance, Directory: var directory })
            return Instances.RefuseMissing(state, terminal);

        var servers = instance.Nameservers.Select(IPText.Parse).ToArray();
        if (servers.Length == 0)
        {
            return terminal.Refuse("the running elsewhere answers DNS on no port 53, and a resolv.conf knows no other",
                "start it with the right to use it (sudo elsewhere run ...), or give that to everybody: sudo sysctl net.ipv4.ip_unprivileged_port_start=53");
        }

        if (!DnsProbe.Exists(servers[0], DnsName.Parse($"dns-version.{instance.ClusterDomain}"), out var answered) && !answered)
            return terminal.Refuse($"the running elsewhere (process {instance.ProcessId}) does not answer DNS at {servers[0]}", "see what it printed");

        var problem = PodProcess.Become(Setup(podNamespace, instance.ClusterDomain, servers, WithKubectl(Trust(directory, terminal), instance)), command, [.. Environment.GetCommandLineArgs().Skip(1)]);
        terminal.Refuse(problem.Message, problem.Remedy);
        return problem.ExitCode;
    }

    private static PodSetup Setup(string podNamespace, string clusterDomain, IPAddress[] servers, TrustBundle trust)
    {
        var hosts = Text("/etc/hosts");
        var aliases = PodFiles.HostNames(hosts).Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => (name, inCluster: PodFiles.InCluster(name, podNamespace, clusterDomain)))
            .Where(static candidate => candidate.inCluster is not null)
            .Take(MaxQuestions)
            .Where(candidate => DnsName.TryParse(candidate.inCluster, out var name, out _) && DnsProbe.Exists(servers[0], name, out _))
            .Select(static candidate => candidate.name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new PodSetup(
            PodFiles.ResolvConf(servers, podNamespace, clusterDomain, Text("/etc/resolv.conf")),
            PodFiles.NameServiceSwitch(Text("/etc/nsswitch.conf")),
            PodFiles.Hosts(hosts, aliases.Contains),
            trust);
    }

    private static TrustBundle Trust(string directory, Terminal terminal)
    {
        var files = new AuthorityFiles(directory);
        if (Bytes(files.Certificates) is not { Length: > 0 } aliases || !Directory.Exists(files.OwnTrust))
            return TrustBundle.None;
        return TrustBundle.Of((files.Trust, Bytes(files.Trust)), aliases, SystemTrust.Read(), files.OwnTrust, Environment.GetEnvironmentVariable,
            (variable, path) => terminal.Messages.MarkupLineInterpolated($"[yellow]warning:[/] {variable} names {path}, which cannot be read; the command gets the system's trust store instead"));
    }

    // kubectl in the command speaks to the instance whose names it sees.
    private static TrustBundle WithKubectl(TrustBundle trust, InstanceInfo instance) =>
        instance.Kubeconfig is { } path ? trust with { Variables = [.. trust.Variables, ("KUBECONFIG", path)] } : trust;

    private static byte[]? Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
