using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>A page that ties itself to its own name and to that of its assets by all means that browsers know, opened by its alias.</summary>
public sealed class PageTests
{
    [RealTheory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task R11_R9_policies_checksums_modules_and_CORS_of_a_page_hold_for_the_aliases(string scheme)
    {
        await PageOrigin.TheAsync();
        await using var machine = await Machine.CreateAsync();
        // Not "page": browsers know that name as a top-level domain that is https only.
        await machine.WriteAsync("aliases.yaml", $$"""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: front }
            spec: { origins: [{ url: "http://{{PageOrigin.Name}}" }] }
            ---
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: assets }
            spec: { origins: [{ url: "http://{{PageOrigin.Assets}}" }] }
            """);
        await machine.RunElsewhereAsync("-f", "aliases.yaml");
        await using var browser = await Browser.StartAsync(machine);
        var window = await browser.OpenAsync();
        List<string> urls = [];
        List<string> failures = [];
        window.Request += (_, request) => urls.Add(request.Url);
        window.RequestFailed += (_, request) => failures.Add($"{request.Url}: {request.Failure}");
        var page = await window.NewPageAsync();

        await page.GotoAsync($"{scheme}://front/");
        await page.WaitForFunctionAsync("() => seen.done && seen.module && seen.frame");
        var seen = await page.EvaluateAsync<Dictionary<string, string>>("() => Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, `${value}`]))");

        Assert.Equal("well", seen["done"]);
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.All(urls, url => Assert.True(url.StartsWith($"{scheme}://front/", StringComparison.Ordinal) || url.StartsWith($"{scheme}://assets/", StringComparison.Ordinal), url));
        Assert.Equal($"{scheme}://front/x", seen["checked"]);
        Assert.Equal("3", seen["module"]);
        Assert.Equal("framed", seen["frame"]);
        Assert.Equal($"{scheme}://front/next", seen["link"]);
        Assert.Equal($"{scheme}://front/data", seen["data"]);
        Assert.Equal($"{scheme}://front/landed", seen["moved"]);
        Assert.Equal("session=1", seen["cookies"]);
        Assert.Equal($"url(\"{scheme}://assets/image.svg\")", seen["background"]);
    }
}
