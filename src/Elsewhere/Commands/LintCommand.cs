using System.CommandLine;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere lint</c>: verdicts and findings without a server.</summary>
internal static class LintCommand
{
    internal static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            HelpName = "PATH...",
            Description = "Manifests: files, directories (searched to the bottom), or - for standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = CommonOptions.Output();
        var command = new Command("lint", "Say what is wrong or risky in manifests. What the API server would say comes first, then what Kubernetes accepts "
            + "although it does not do what was meant. Exit code 0 without errors, 1 with errors, 2 if it cannot run.")
        {
            paths, output,
        };
        command.SetAction(parsed => Run(parsed.GetValue(paths) ?? [], parsed.GetValue(output), terminal));
        return command.WithExamples(
            ("Check the manifests of a directory", "elsewhere lint manifests/"),
            ("Only the codes of the errors", "elsewhere lint manifests/ -o json | jq -r '.[] | select(.severity == \"error\").code'"),
            ("Check what another program makes", "kustomize build . | elsewhere lint -"));
    }

    private static int Run(string[] paths, OutputForm output, Terminal terminal)
    {
        if (ManifestInput.Missing(paths) is { } missing)
            return terminal.Refuse(missing, "elsewhere lint --help");
        var view = ManifestInput.ReadOnce(paths, terminal);
        // As the paths were typed, and within a directory by name; a file's findings from top to bottom.
        var snapshot = Resolve.Run(view, ResolveOptions.Default);
        var findings = snapshot.Findings.Concat(ShownCertificate.Findings(snapshot, TimeProvider.System.GetUtcNow())).Concat(OriginTlsFindings.Of(snapshot))
            .OrderBy(finding => finding.Place is { } place ? Array.FindIndex(paths, path => IsBelow(place.File, path)) : paths.Length)
            .ThenBy(static finding => finding.Place?.File, StringComparer.Ordinal)
            .ThenBy(static finding => finding.Place?.Document)
            .ThenBy(static finding => finding.Place?.Line)
            .ToArray();
        if (output == OutputForm.Json)
        {
            OutputJson.Write<IReadOnlyList<FindingJson>>(terminal.Out, [.. findings.Select(FindingJson.Of)]);
        }
        else
        {
            foreach (var finding in findings)
                FindingText.Write(terminal.Results, finding);
            var accepted = view.Namespaces.Count + view.Services.Count + view.Endpoints.Count + view.EndpointSlices.Count + view.Aliases.Count;
            terminal.Results.Profile.Out.Writer.WriteLine($"{FindingText.Plural(accepted, "object")} accepted; {FindingText.Count(findings)}");
        }

        return findings.Any(static finding => finding.Severity == Severity.Error) ? 1 : 0;
    }

    private static bool IsBelow(string file, string path) => file == path || file.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal);
}
