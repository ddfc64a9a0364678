namespace Elsewhere.Demo;

/// <summary>What the demo's origin serves: pages that name their own host in every way that real ones do.</summary>
internal static class OriginPages
{
    /// <summary>The page at a path; null if there is none.</summary>
    /// <param name="path">Such as <c>/</c>.</param>
    /// <param name="host">The origin's name, and its port where that is not the usual one.</param>
    internal static (string Type, string Text)? Find(string path, string host) => path switch
    {
        "/" => ("text/html; charset=utf-8", Home(host)),
        "/account" => ("text/html; charset=utf-8", $"<!doctype html><title>Your account</title><p>Welcome back. <a href=\"https://{host}/\">To the shop</a>\n"),
        "/items/1" or "/items/2" => ("text/html; charset=utf-8", $"<!doctype html><title>An item</title><a href=\"//{host}/\">Back</a> <a href=\"/catalogue.json\">All</a>\n"),
        "/catalogue.json" => ("application/json", $$"""{"items":[{"href":"https:\/\/{{host}}\/items\/1"},{"href":"https:\/\/{{host}}\/items\/2"}],"live":"wss:\/\/{{host}}\/live"}""" + "\n"),
        "/style.css" => ("text/css", $"@import \"//{host}/print.css\";\nbody {{ background: url(https://{host}/logo.svg) }}\n"),
        "/print.css" => ("text/css", "body { color: black }\n"),
        "/app.js" => ("text/javascript", $"fetch(`https://{host}/catalogue.json`); location = \"/login?next=https%3A%2F%2F{host.Replace(":", "%3A", StringComparison.Ordinal)}%2Faccount\";\n"),
        "/feed.xml" => ("application/rss+xml", $"<rss version=\"2.0\"><channel><link>https://{host}/</link><item><link>https://{host}/items/2</link></item></channel></rss>\n"),
        "/logo.svg" => ("image/svg+xml", $"<svg xmlns=\"http://www.w3.org/2000/svg\"><a href=\"https://{host}/\"><text y=\"9\">Shop</text></a></svg>\n"),
        "/reports" => ("text/plain", ""),
        _ => null,
    };

    private static string Home(string host) =>
        $"""
        <!doctype html>
        <html lang="en">
        <head>
        <title>The shop</title>
        <base href="https://{host}/">
        <link rel="canonical" href="https://{host}/">
        <link rel="stylesheet" href="//{host}/style.css">
        <link rel="alternate" type="application/rss+xml" href="HTTPS://{host.ToUpperInvariant()}/feed.xml">
        <script type="application/json">{"{"}"api":"https:\/\/{host}\/catalogue.json"{"}"}</script>
        <script src="https://{host}/app.js"></script>
        </head>
        <body style="background: url('//{host}/logo.svg')">
        <img srcset="https://{host}/logo.svg 1x, //{host}/logo.svg 2x" alt="">
        <a href="https://{host}/items/1">An item</a>
        <form action="https://{host}/login"><button>Log in</button></form>
        </body>
        </html>

        """;
}
