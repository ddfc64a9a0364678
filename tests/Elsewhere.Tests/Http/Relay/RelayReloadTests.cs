using System.Text;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using Elsewhere.Tests.Commands;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>The whole way from a file to the relay's table, while clients connect without pause.</summary>
public sealed class RelayReloadTests : IDisposable
{
    private const int Edits = 30;
    private readonly Manifests manifests = new();

    public void Dispose() => manifests.Dispose();

    [Fact]
    public async Task T11_a_manifest_that_is_edited_again_and_again_fails_no_connection()
    {
        await using var a = TestOrigin.Named("a");
        await using var b = TestOrigin.Named("b");
        manifests.Write("web.yaml", Manifests.Alias("web", 8080, a.EndPoint.ToString()));
        await using var run = Cli.Start(
            "run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.211.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "-o", "json");
        var started = await run.EventAsync("started");
        var listen = new RelayListen(IPText.Parse(started.GetProperty("aliases")[0].GetProperty("addresses")[0].GetString()!), 8080, Protocol.Tcp);
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var answers = new List<string>();
            while (!enough.IsCancellationRequested)
            {
                using var client = await ConnectAsync(listen);
                answers.Add(Encoding.ASCII.GetString(await client.ReadToEndAsync()));
            }

            return answers;
        })).ToArray();

        for (var edit = 0; edit < Edits; edit++)
        {
            var next = edit % 2 == 0 ? b : a;
            var seen = next.Accepted;
            manifests.Write("web.yaml", Manifests.Alias("web", 8080, next.EndPoint.ToString()));
            await UntilAsync(() => next.Accepted > seen + 4 || clients.Any(static client => client.IsCompleted), $"edit {edit} is live");
        }

        await enough.CancelAsync();
        Assert.Equal(["a", "b"], (await Task.WhenAll(clients)).SelectMany(static each => each).Distinct().Order());
    }
}
