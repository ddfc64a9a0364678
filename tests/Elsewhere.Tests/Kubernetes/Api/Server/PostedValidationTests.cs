using System.Text.Json;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Tests.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Every recorded manifest, sent to a running server as it was sent to the recorded one.</summary>
public sealed class PostedValidationTests
{
    [Fact]
    public async Task A_dry_run_answers_as_the_recorded_server() => Assert.Equal("", string.Join('\n', await MismatchesAsync(
        ValidationCases.Recorded, "expect", static path => path, static _ => true)));

    [Fact]
    public async Task A_dry_run_answers_as_the_rules_say() => Assert.Equal("", string.Join('\n', await MismatchesAsync(
        ValidationCases.Derived, "expect", static path => path, static _ => true)));

    [Fact]
    public async Task A_write_that_counts_answers_as_the_recorded_server() => Assert.Equal("", string.Join('\n', await MismatchesAsync(
        ValidationCases.Recorded, "realCreate", static path => path.Replace("dryRun=All&", "", StringComparison.Ordinal), static c => c.TryGetProperty("realCreate", out _))));

    [Fact]
    public async Task Without_strict_decoding_it_answers_as_the_recorded_server() => Assert.Equal("", string.Join('\n', await MismatchesAsync(
        [.. ValidationCases.Recorded, .. ValidationCases.Derived], "withoutStrict", static path => path.Replace("Strict", "Warn", StringComparison.Ordinal), static c => c.TryGetProperty("withoutStrict", out _))));

    private static async Task<List<string>> MismatchesAsync(IReadOnlyList<JsonElement> cases, string expected, Func<string, string> pathOf, Func<JsonElement, bool> wanted)
    {
        await using var api = await RunningApi.StartAsync(null, "shop", "legacy");
        var mismatches = new List<string>();
        foreach (var recorded in cases.Where(wanted))
        {
            var request = recorded.GetProperty("request").GetString()!.Split(' ');
            var path = request[1].Contains("dryRun", StringComparison.Ordinal) ? request[1] : request[1] + "?dryRun=All&fieldValidation=Strict";
            if (recorded.TryGetProperty("before", out var before))
                await api.SendAsync("POST", path.Split('?')[0][..path.Split('?')[0].LastIndexOf('/')], before.GetString(), "application/yaml");
            var answer = await api.SendAsync(request[0], pathOf(path), ValidationCases.Expand(recorded), "application/yaml");
            if (Explain(recorded.GetProperty(expected), answer) is { } why)
                mismatches.Add($"{recorded.GetProperty("id")}: {why}");
            if (recorded.TryGetProperty("before", out _))
                await api.SendAsync("DELETE", path.Split('?')[0]);
        }

        return mismatches;
    }

    private static string? Explain(JsonElement expect, Answer answer)
    {
        var accepted = expect.GetProperty("accepted").GetBoolean();
        if (accepted != answer.Code < 300)
            return $"{answer.Code} {answer.Message}";
        if (expect.TryGetProperty("code", out var code) && code.GetInt32() != answer.Code)
            return $"{answer.Code} instead of {code}";
        if (expect.TryGetProperty("message", out var message) && message.GetString() != answer.Message)
            return answer.Message;
        if (expect.TryGetProperty("reason", out var reason) && (reason.GetString() ?? "") != answer.Body.Str("reason"))
            return answer.Body.Str("reason");
        var warnings = expect.TryGetProperty("warnings", out var w) ? w.EnumerateArray().Select(static e => e.GetString()!).ToList() : [];
        if (!warnings.SequenceEqual(answer.Warnings))
            return $"warnings {string.Join(" | ", answer.Warnings)}";
        if (expect.TryGetProperty("causes", out var causes) && answer.Code != 400 && Masked.Difference(JsonText(causes), answer.Body["details"]?["causes"], "causes") is { } otherwise)
            return otherwise;
        if (expect.TryGetProperty("details", out var details) && Masked.Difference(JsonText(details), answer.Body["details"], "details", static path => path == "details.causes") is { } other)
            return other;
        return expect.TryGetProperty("object", out var stored) ? Masked.Difference(JsonText(stored), answer.Body, "", static path => path is "metadata.uid" or "metadata.creationTimestamp" or "metadata.managedFields" or "metadata.resourceVersion") : null;
    }

    private static Node JsonText(JsonElement element) => Elsewhere.Kubernetes.Api.JsonText.Read(element.GetRawText()).Root!;
}
