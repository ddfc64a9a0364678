using Elsewhere.RealTests.World;
using Microsoft.Playwright;

namespace Elsewhere.RealTests;

/// <summary>A PHP application that names itself in every link, redirect and session cookie, as a person sees it who opens its alias in a browser.</summary>
public sealed class WikiTests
{
    [RealTheory]
    [InlineData("http", "The shelf")]
    [InlineData("https", "The drawer")]
    public async Task A_browser_reads_logs_in_and_writes_without_one_request_to_the_origins_name(string scheme, string link)
    {
        await WikiOrigin.TheAsync();
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("alias.yaml", $$"""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: library }
            spec: { origins: [{ url: "http://{{WikiOrigin.Name}}" }] }
            """);
        await machine.RunElsewhereAsync("-f", "alias.yaml");
        await using var browser = await Browser.StartAsync(machine);
        var window = await browser.OpenAsync();
        List<IRequest> requests = [];
        List<string> failures = [];
        window.Request += (_, request) => requests.Add(request);
        window.RequestFailed += (_, request) => failures.Add($"{request.Url}: {request.Failure}");
        window.Response += (_, response) =>
        {
            if (response.Status >= 400)
                failures.Add($"{response.Url}: {response.Status}");
        };
        var page = await window.NewPageAsync();

        await page.GotoAsync($"{scheme}://library/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Log In" }).First.ClickAsync();
        await page.Locator("#dw__login input[name=u]").FillAsync(WikiOrigin.User);
        await page.Locator("#dw__login input[name=p]").FillAsync(WikiOrigin.Password);
        await page.Locator("#dw__login button[type=submit]").ClickAsync();
        await page.Locator("li.user").GetByText("The Librarian").WaitForAsync();
        await page.GotoAsync($"{scheme}://library/");
        await page.GetByRole(AriaRole.Link, new() { Name = link }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Create this page" }).ClickAsync();
        await page.Locator("#wiki__text").FillAsync($"Written over {scheme}.");
        await page.Locator("#edbtn__save").ClickAsync();
        await page.GetByText($"Written over {scheme}.").WaitForAsync();

        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.All(requests, request => Assert.StartsWith($"{scheme}://library/", request.Url, StringComparison.Ordinal));
        Assert.Contains(requests, request => request.ResourceType == "stylesheet");
        Assert.Contains(requests, request => request.ResourceType == "script");
        Assert.Contains(requests, request => request.ResourceType == "image");
        Assert.Contains(requests, request => request.RedirectedFrom?.Method == "POST");
        Assert.All(await window.CookiesAsync(), cookie => Assert.Equal("library", cookie.Domain));
        Assert.Contains(await window.CookiesAsync(), cookie => cookie.Name == "DokuWiki");
        Assert.DoesNotContain(WikiOrigin.Name, await page.ContentAsync(), StringComparison.OrdinalIgnoreCase);
    }
}
