using System.Text.Json;
using System.Text.RegularExpressions;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>What a newcomer types first.</summary>
public sealed partial class DemoTests
{
    [RealFact]
    public async Task The_demo_shows_every_fault_before_and_none_after_and_leaves_nothing_behind()
    {
        await using var machine = await Machine.CreateAsync();
        var before = await TracesAsync(machine);

        var demo = await machine.RunAsync([.. Machine.Nobody, "elsewhere", "demo"]);

        Assert.Equal(5, demo.Well().Lines.Count(static line => line.Contains('✗') && line.Contains('✓')));
        Assert.DoesNotContain("\u001b", demo.Out, StringComparison.Ordinal);
        Assert.Empty(demo.Err);
        Assert.Equal(before, await TracesAsync(machine));
    }

    [RealFact]
    public async Task The_demo_as_data_says_the_same_for_root()
    {
        await using var machine = await Machine.CreateAsync();

        using var json = JsonDocument.Parse((await machine.ElsewhereAsync("demo", "-o", "json")).Well().Out);

        Assert.Equal("https://shop.example", json.RootElement.GetProperty("origin").GetString());
        Assert.True(json.RootElement.GetProperty("clean").GetBoolean());
        Assert.All(json.RootElement.GetProperty("checks").EnumerateArray(), static check =>
        {
            Assert.False(check.GetProperty("before").GetProperty("ok").GetBoolean());
            Assert.True(check.GetProperty("after").GetProperty("ok").GetBoolean());
        });
    }

    [RealFact]
    public async Task Curl_follows_every_link_of_a_strict_origin_over_http_and_https_and_never_reads_its_name()
    {
        await using var machine = await Machine.CreateAsync();
        var origin = machine.Start("elsewhere", "demo", "--serve", "shop-ca.yaml");
        await origin.SaysAsync("exec --");
        await machine.RunElsewhereAsync(
            "-f", Path.Combine(Installed.Repository, "examples/gateway"), "shop-ca.yaml", "--upstream-dns", "127.83.72.80:53");

        foreach (var start in new[] { "http://shop", "https://shop", "http://news" })
        {
            var left = new Queue<string>([start]);
            var seen = new HashSet<string>(left, StringComparer.Ordinal);
            while (left.TryDequeue(out var url))
            {
                var answer = await CurlAsync(machine, url);
                Assert.True(Status().IsMatch(answer), $"{url}\n{answer}");
                Assert.DoesNotMatch("(?i)(shop|news)\\.example", answer);
                foreach (Match link in Link().Matches(answer.Replace("\\/", "/", StringComparison.Ordinal)))
                {
                    var next = (link.Value.StartsWith("//", StringComparison.Ordinal) ? start[..start.IndexOf('/', StringComparison.Ordinal)] : "") + link.Value;
                    if (next.StartsWith(start, StringComparison.Ordinal) && seen.Add(next))
                        left.Enqueue(next);
                }
            }

            Assert.True(seen.Count >= (start.EndsWith("news", StringComparison.Ordinal) ? 2 : 9), string.Join('\n', seen));
        }

        // Cookies and redirects, as a client that keeps them.
        var login = await machine.ElsewhereAsync("exec", "--", "curl", "-sSL", "-c", "jar", "-b", "jar", "https://shop/login");
        Assert.Contains("Welcome back", login.Well().Out, StringComparison.Ordinal);
        Assert.Equal(0, await origin.TermAsync());
        Assert.False(File.Exists(Path.Combine(machine.Work, "shop-ca.yaml")));
    }

    private static async Task<string> CurlAsync(Machine machine, string url) =>
        (await machine.ElsewhereAsync("exec", "--", "curl", "-sS", "-i", "--compressed", url)).Well().Out;

    [GeneratedRegex("^HTTP/[0-9.]+ (200|302|403) ")]
    private static partial Regex Status();

    [GeneratedRegex("(?:(?:https?|wss?):)?//[a-z0-9.:-]+(?:/[^\\s\"'<>`();,]*)?", RegexOptions.IgnoreCase)]
    private static partial Regex Link();

    // The repository itself may lie there.
    private static async Task<string> TracesAsync(Machine machine) =>
        (await machine.RunAsync("find", "/tmp", "/var/lib", machine.Work, "-mindepth", "1", "-maxdepth", "2", "-iname", "*elsewhere*")).Well().Out;
}
