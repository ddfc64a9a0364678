using System.Net.Sockets;
using System.Text;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Patch;

/// <summary>What a real API server made of each recorded patch, and what we make of it.</summary>
public sealed class RecordedPatchTests
{
    private static readonly ApiContext Context = new(
        [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")],
        static family => family == AddressFamily.InterNetwork ? "10.96.200.200" : "fd00:10:96::c8c8",
        static () => 32000,
        Strict: false);

    public static TheoryData<string> Names => [.. Transcripts.Steps.Values.Where(s => Patch(s) is not null && Live(s) is not null).Select(s => s.Name)];

    // Of these two it is the object that is refused, not the patch.
    public static TheoryData<string> Refused =>
        [.. Transcripts.Steps.Values.Where(s => Patch(s)?.Int("status") is 400 or 415 or 422 && s.Name is not ("patch-merge-rename" or "patch-immutable")).Select(s => s.Name)];

    [Fact]
    public void The_recorded_steps_are_there() => Assert.True(Names.Count >= 20, $"{Names.Count}");

    [Theory]
    [MemberData(nameof(Names))]
    public void A_patch_gives_the_recorded_object_or_refusal(string name)
    {
        var request = Patch(Transcripts.Steps[name])!;
        var live = Live(Transcripts.Steps[name])!;
        var kind = Transcripts.KindOf(request.Str("path"));
        var response = request["response"]!;
        var (type, refusal) = ApiPatch.TypeOf(kind, request["headers"]!.Str("Content-Type"));
        Assert.Null(refusal);

        var result = ApiPatch.Patch(kind, live, type!, Body(request));
        if (result.Failure is { } failure)
        {
            Assert.Equal(response.ToString(), failure.ToStatus().ToString());
            return;
        }

        var outcome = ApiValidation.Update(kind, result.Tree!, [], live, Context);
        Assert.Equal((request.Int("status"), response["status"]?.Kind == NodeKind.String ? response.Str("message") : ""), (outcome.Code, outcome.Message));
        if (!outcome.Accepted)
            return;
        var stored = outcome.Object!;
        foreach (var field in (ReadOnlySpan<string>)["resourceVersion", "managedFields", "generation"])
        {
            stored["metadata"]!.Remove(field);
            response["metadata"]!.Remove(field);
        }

        Assert.True(Node.Same(response, stored), $"{response}\n{stored}");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_patch_that_is_none_is_refused_in_the_recorded_words(string name)
    {
        var request = Patch(Transcripts.Steps[name])!;
        var kind = Transcripts.KindOf(request.Str("path"));
        var (type, refusal) = ApiPatch.TypeOf(kind, request["headers"]!.Str("Content-Type"));
        var failure = refusal ?? ApiPatch.Patch(kind, Live(Transcripts.Steps[name]) ?? Node.Map(), type!, Body(request)).Failure;
        Assert.Equal(request["response"]!.ToString(), failure!.ToStatus().ToString());
    }

    private static Node? Patch(TranscriptStep step) =>
        step.Requests.Find(r => r.Str("method") == "PATCH" && r["headers"]!.Str("Content-Type") != ApiPatch.Apply && r["response"] is { Kind: NodeKind.Map });

    private static Node? Live(TranscriptStep step) =>
        step.Requests.TakeWhile(r => r != Patch(step)).LastOrDefault(r => r.Str("method") == "GET" && r.Int("status") == 200 && r["response"] is { Kind: NodeKind.Map } o
            && Patch(step)!.Str("path").Split('?')[0] == r.Str("path").Split('?')[0])?["response"];

    private static byte[] Body(Node request) =>
        Encoding.UTF8.GetBytes(request["body"] is { Kind: NodeKind.String } text ? text.Text : request["body"]!.ToString());
}
