using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>Programs that people run, behind an alias, with the clients that people use. Each calls itself by a name of its own and answers to no other.</summary>
public sealed class OriginProgramTests
{
    [RealTheory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Git_clones_and_pushes(string scheme)
    {
        await using var machine = await ServeAsync(Alias("code", ApacheOrigin.Git));

        var work = (await machine.ElsewhereAsync("exec", "--", "sh", "-ec",
            $"""
            export HOME=$PWD GIT_TERMINAL_PROMPT=0
            git config --global user.email me@example.test
            git config --global user.name Me
            git clone -q {scheme}://code/shop.git
            cd shop
            git checkout -q -b {scheme}
            head -c 300000 /dev/urandom | base64 >large.txt
            git add large.txt
            git commit -q -m 'A change by {scheme}'
            git push -q origin {scheme}
            cd ..
            git clone -q --branch {scheme} {scheme}://code/shop.git again
            cmp shop/large.txt again/large.txt
            git -C again log --format=%s
            """)).Well();

        Assert.Equal($"A change by {scheme}", work.Lines[0]);
    }

    [RealFact]
    public async Task WebDAV_copies_and_moves_between_the_alias_own_urls()
    {
        await using var machine = await ServeAsync(Alias("files", ApacheOrigin.Dav));

        // Over https: Apache refuses a Destination of another scheme than its own.
        var copied = await CurlAsync(machine, "-T", "/etc/hostname", "https://files/a.txt");
        var copy = await CurlAsync(machine, "-X", "COPY", "-H", "Destination: https://files/b.txt", "https://files/a.txt");
        var move = await CurlAsync(machine, "-X", "MOVE", "-H", "Destination: https://files.default/c.txt", "https://files.default/b.txt");
        var list = await CurlAsync(machine, "-X", "PROPFIND", "-H", "Depth: 1", "https://files/");

        Assert.Contains("Location: https://files/b.txt", copy, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Location: https://files.default/c.txt", move, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("c.txt</D:href>", list, StringComparison.Ordinal);
        Assert.DoesNotContain("b.txt</D:href>", list, StringComparison.Ordinal);
        Assert.All([copied, copy, move, list], static answer =>
        {
            Assert.Matches("^HTTP/[0-9.]+ (201|204|207) ", answer);
            Assert.DoesNotContain(ApacheOrigin.Dav, answer, StringComparison.OrdinalIgnoreCase);
        });
    }

    [RealFact]
    public async Task Cadaver_copies_and_moves()
    {
        await using var machine = await ServeAsync(Alias("share", ApacheOrigin.Dav));

        var cadaver = await machine.RunAsync(
            ["elsewhere", "exec", "--", "cadaver", "http://share/"], "mkcol box\nput /etc/hostname box/one.txt\ncopy box/one.txt box/two.txt\nmove box/two.txt box/three.txt\nls box\nquit\n");

        Assert.Contains("three.txt", cadaver.Well().Out, StringComparison.Ordinal);
        Assert.DoesNotContain("two.txt  ", cadaver.Out.Split("Listing", 2)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("failed", cadaver.Out, StringComparison.Ordinal);
    }

    private static async Task<Machine> ServeAsync(string manifest)
    {
        await ApacheOrigin.TheAsync();
        var machine = await Machine.CreateAsync();
        await machine.WriteAsync("alias.yaml", manifest);
        await machine.RunElsewhereAsync("-f", "alias.yaml");
        return machine;
    }

    private static string Alias(string name, string origin) =>
        $$"""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: {{name}} }
        spec: { origins: [{ url: "http://{{origin}}" }] }

        """;

    private static async Task<string> CurlAsync(Machine machine, params string[] arguments) =>
        (await machine.ElsewhereAsync(["exec", "--", "curl", "-sS", "-i", .. arguments])).Well().Out;
}
