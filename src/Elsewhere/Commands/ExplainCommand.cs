using System.CommandLine;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Serving.Status;
using Elsewhere.State;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere explain</c>: the way of one alias.</summary>
internal static class ExplainCommand
{
    private const int MaxNearest = 5;

    internal static Command Create(Terminal terminal)
    {
        var name = new Argument<string?>("NAME")
        {
            HelpName = "NAME[.NAMESPACE]",
            Description = "The alias, in any of its forms; without a namespace default, or the only one that has it",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Every alias" };
        var files = CommonOptions.Files(required: false);
        var state = CommonOptions.State("The state directory of a running elsewhere, whose DNS is asked [default: where run keeps it]");
        var output = CommonOptions.Output();
        var command = new Command("explain", "Show the whole way of one alias: what DNS answers, its address and ports, endpoints, origins and their TTL, findings. "
            + "With -f from manifests alone, otherwise from the elsewhere that runs here. Exit code 1 if there is no such alias.")
        {
            name, all, files, state, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (asked, everything, paths, directory) = (parsed.GetValue(name), parsed.GetValue(all), parsed.GetValue(files) ?? [], parsed.GetValue(state));
            if (asked is null != everything)
                return terminal.Refuse(everything ? "--all explains every alias; leave the name out" : "explain needs the name of an alias, or --all", "elsewhere explain --help");
            if (paths.Length > 0 && directory is not null)
                return terminal.Refuse("-f reads manifests and --state asks a running elsewhere; give one of them", "elsewhere explain --help");
            return paths.Length > 0
                ? await FromFilesAsync(paths, asked, parsed.GetValue(output), terminal, cancellation)
                : await FromInstanceAsync(directory, asked, parsed.GetValue(output), terminal, cancellation);
        });
        return command.WithExamples(
            ("Of the elsewhere that runs here", "elsewhere explain database.my-namespace"),
            ("From manifests, without anything running", "elsewhere explain external-service -f examples/article"),
            ("Everything, for a program", "elsewhere explain --all -f manifests/ -o json"));
    }

    private static async Task<int> FromFilesAsync(string[] paths, string? asked, OutputForm output, Terminal terminal, CancellationToken cancellation)
    {
        if (ManifestInput.Missing(paths) is { } missing)
            return terminal.Refuse(missing, "elsewhere explain --help");
        // The same DNS as the one that run starts, on a port that nobody else knows.
        var options = new EngineOptions(ResolveOptions.Default, [new IPEndPoint(IPAddress.Loopback, 0)], [], SystemResolvers.Read(), DialPolicy.OneMachine, Relays: false);
        await using var engine = new Engine(options, TimeProvider.System);
        var start = await engine.StartAsync(ManifestInput.ReadOnce(paths, terminal));
        return DnsPlace.Answering(engine.DnsListeners) is { IsEmpty: false } server
            ? await ExplainAsync(start.Now, server, null, asked, output, terminal, cancellation)
            : terminal.Refuse("DNS cannot answer on the loopback of this machine");
    }

    private static async Task<int> FromInstanceAsync(string? directory, string? asked, OutputForm output, Terminal terminal, CancellationToken cancellation)
    {
        if (Instances.Find(directory) is not { Info: var instance, Directory: var found })
            return Instances.RefuseMissing(directory, terminal, "or read manifests: elsewhere explain NAME -f PATH");
        var server = instance.DnsListeners.Select(static text => IPEndPoint.TryParse(text, out var endPoint) ? endPoint : null).OfType<IPEndPoint>().ToSeq();
        if (server.IsEmpty)
            return terminal.Refuse("the running elsewhere answers DNS nowhere", "see what it printed");
        if (instance.Files.Contains("-"))
            return terminal.Refuse("the running elsewhere has read standard input, which cannot be read again", "name the manifests: elsewhere explain NAME -f PATH");
        if (ManifestInput.Missing(instance.Files) is { } missing)
            await terminal.Error.WriteLineAsync($"elsewhere: {missing}, which the running elsewhere reads: this is without it");
        var cidrs = instance.ServiceCidrs.Select(Cidr.Parse).ToSeq();
        var snapshot = Resolve.Run(
            ManifestInput.ReadOnce([.. instance.Files], terminal),
            new ResolveOptions(DnsName.Parse(instance.ClusterDomain), cidrs, StateDirectory.PeekAddresses(found)));
        return await ExplainAsync(snapshot, server, found, asked, output, terminal, cancellation);
    }

    private static async Task<int> ExplainAsync(AliasSnapshot snapshot, Seq<IPEndPoint> server, string? running, string? asked, OutputForm output, Terminal terminal, CancellationToken cancellation)
    {
        var aliases = snapshot.Aliases.ToArray();
        if (asked is not null)
        {
            var (name, inNamespace) = Explanation.Parse(asked, snapshot.ClusterDomain);
            aliases = [.. aliases.Where(alias => alias.Key.Name == name && (inNamespace is null || alias.Key.Namespace == inNamespace))];
            if (inNamespace is null && aliases.Length > 1)
                aliases = aliases.Any(static alias => alias.Key.Namespace == "default") ? [.. aliases.Where(static alias => alias.Key.Namespace == "default")] : aliases;
            if (aliases.Length != 1)
                return Unknown(asked, name, inNamespace, aliases, snapshot, terminal);
        }

        await using var resolver = new UpstreamResolver(new UpstreamOptions([server[0]]) { ProbeForLoops = false }, TimeProvider.System);
        var statuses = running is null ? null : await StatusSocket.AskAsync(running, asked is null ? null : aliases[0].Key, cancellation);
        var explanations = new List<Explanation>();
        foreach (var alias in aliases)
        {
            var status = statuses?.FirstOrDefault(one => one.Name == alias.Key.Name && one.Namespace == alias.Key.Namespace);
            explanations.Add(await Explanation.OfAsync(alias, snapshot, resolver, status, TimeProvider.System.GetUtcNow(), cancellation));
        }

        if (output == OutputForm.Json && asked is not null)
            OutputJson.Write(terminal.Out, ExplainJson.Of(explanations[0]));
        else if (output == OutputForm.Json)
            OutputJson.Write<IReadOnlyList<ExplainJson>>(terminal.Out, [.. explanations.Select(ExplainJson.Of)]);
        else
            WriteText(explanations, terminal);
        return 0;
    }

    private static void WriteText(List<Explanation> explanations, Terminal terminal)
    {
        for (var i = 0; i < explanations.Count; i++)
        {
            if (i > 0)
                terminal.Results.WriteLine();
            ExplainReport.Write(terminal.Results, explanations[i]);
        }
    }

    private static int Unknown(string asked, string name, string? inNamespace, Alias[] several, AliasSnapshot snapshot, Terminal terminal)
    {
        if (several.Length > 1)
        {
            terminal.Refuse($"several namespaces have '{asked}'", $"say which: {string.Join(", ", several.Take(MaxNearest).Select(static alias => alias.Key.ToString()))}");
            return 1;
        }

        // The right name in another namespace is the most likely slip.
        var names = snapshot.Aliases.Select(static alias => alias.Key.Name);
        var near = new[] { name }.Concat(Nearest.To(name, names, MaxNearest));
        var nearest = near.SelectMany(candidate => snapshot.Aliases.Where(alias => alias.Key.Name == candidate))
            .OrderByDescending(alias => alias.Key.Namespace == inNamespace).Select(static alias => alias.Key.ToString()).Distinct(StringComparer.Ordinal).Take(MaxNearest).ToArray();
        terminal.Refuse($"there is no alias '{asked}'", nearest.Length > 0 ? $"did you mean {string.Join(", ", nearest)}?"
            : snapshot.Aliases.IsEmpty ? "the manifests declare no alias at all" : "all of them: elsewhere explain --all");
        return 1;
    }
}
