using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api;

/// <summary>What a real API server said: <c>specs/api/transcripts.json</c>, with its masks replaced by values of the right form.</summary>
internal static class Transcripts
{
    private static readonly Node Root = Load();

    /// <summary>The steps of a part, by name.</summary>
    public static Dictionary<string, TranscriptStep> Steps { get; } = ((ReadOnlySpan<string>)["writes", "watchesListsErrorsDiscovery", "tables"]).ToArray()
        .SelectMany(part => Root.ListOf(part)).Select(step => new TranscriptStep(step.Str("name"), step.ListOf("requests")))
        .DistinctBy(step => step.Name).ToDictionary(step => step.Name);

    /// <summary>The steps of a part, in their order, for the caller alone to change.</summary>
    public static IEnumerable<TranscriptStep> Part(string part) => Load().ListOf(part).Select(step => new TranscriptStep(step.Str("name"), step.ListOf("requests")));

    /// <summary>What became of Endpoints, by the name of the case, for the caller alone to change.</summary>
    public static Node Mirroring(string name) => Load().ListOf("mirroring").Single(recorded => recorded.Str("name") == name);

    /// <summary>The manifests that were used.</summary>
    public static string File(string name) => Root["files"]!.Str(name);

    /// <summary>The kind that a path speaks of.</summary>
    public static ApiKind KindOf(string path)
    {
        var segments = path.Split('?')[0].Split('/');
        return segments.Contains("services") ? ApiKind.Service : segments.Contains("endpointslices") ? ApiKind.EndpointSlice
            : segments.Contains("endpoints") ? ApiKind.Endpoints : ApiKind.Namespace;
    }

    private static Node Load()
    {
        var text = System.IO.File.ReadAllText(Path.Combine(Repository.Root, "specs", "api", "transcripts.json"));
        var read = JsonText.Read(text.Replace("<rv>", "7", StringComparison.Ordinal).Replace("<time>", "2026-01-01T00:00:00Z", StringComparison.Ordinal));
        return read.Root ?? throw new InvalidOperationException(read.Error);
    }
}

/// <summary>A step with its requests.</summary>
internal sealed record TranscriptStep(string Name, List<Node> Requests);
