using System.Text.Json;

namespace Elsewhere.Tests.Kubernetes.Validation;

/// <summary>The cases of <c>specs/validation</c>.</summary>
internal static class ValidationCases
{
    /// <summary>What a real server answered.</summary>
    public static IReadOnlyList<JsonElement> Recorded { get; } = Read("cases.json");

    /// <summary>What its rules say it would answer.</summary>
    public static IReadOnlyList<JsonElement> Derived { get; } = Read("derived.json");

    /// <summary>A case's manifest, with its tokens replaced.</summary>
    public static string Expand(JsonElement recorded)
    {
        var manifest = recorded.GetProperty("manifest").GetString()!;
        if (!recorded.TryGetProperty("expand", out var expand))
            return manifest;
        foreach (var token in expand.EnumerateObject())
        {
            var count = token.Value.GetProperty("count").GetInt32();
            manifest = manifest.Replace(token.Name, string.Concat(Enumerable.Repeat(token.Value.GetProperty("text").GetString()!, count)), StringComparison.Ordinal);
        }

        return manifest;
    }

    private static List<JsonElement> Read(string file) =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "specs", "validation", file))).RootElement.GetProperty("cases").EnumerateArray()];
}
