using Microsoft.Playwright;

namespace Elsewhere.RealTests.World;

/// <summary>A Chromium without a window, inside <c>elsewhere exec</c> on a machine, that trusts the CA of the machine's aliases.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Quiet =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly IPlaywright driver;
    private readonly IBrowser browser;

    private Browser(IPlaywright driver, IBrowser browser) => (this.driver, this.browser) = (driver, browser);

    public static async Task<Browser> StartAsync(Machine machine)
    {
        // A browser has a trust store of its own, in its user's home.
        (await machine.ElsewhereAsync(
            "exec", "--", "sh", "-ec",
            """
            mkdir -p .pki/nssdb
            certutil -d sql:.pki/nssdb -N --empty-password
            elsewhere ca >ca.crt
            certutil -d sql:.pki/nssdb -A -t C,, -n alias -i ca.crt
            """)).Well();
        var program = await machine.ScriptAsync("browser", "env", $"HOME={machine.Work}", "elsewhere", "exec", "--", "chromium");
        var driver = await Playwright.CreateAsync();
        return new Browser(driver, await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = Quiet, Headless = true }));
    }

    /// <summary>A window without a past: no cookie, nothing cached.</summary>
    public Task<IBrowserContext> OpenAsync() => browser.NewContextAsync();

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        driver.Dispose();
    }
}
