namespace Elsewhere.RealTests.World;

/// <summary>
/// A page and its assets (nginx) in the internet, by two names that are two sites: with policies in a field and in the page, checksums, modules, CORS with
/// credentials, and every other way in which a browser holds a page to names. A request for any other name is misdirected.
/// </summary>
internal static class PageOrigin
{
    /// <summary>Where the page is.</summary>
    public const string Name = "page.example.test";

    /// <summary>Where most of what it uses is.</summary>
    public const string Assets = "assets.example.test";

    /// <summary>The address of both.</summary>
    public const string Address = "203.0.113.25";

    private static readonly Lazy<Task<Running>> instance = new(StartAsync);

    /// <summary>Starts it, once; it ends with the internet.</summary>
    public static Task TheAsync() => instance.Value;

    private static readonly (string Path, string Text)[] Files =
    [
        ("page/index.html", $$"""
            <!doctype html>
            <meta charset=utf-8>
            <meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests; default-src 'self' 'unsafe-inline' {{Assets}}; img-src *.example.test">
            <script>
              window.seen = {};
              window.faults = [];
              addEventListener('error', e => faults.push(`error ${e.target.src || e.target.href || e.message}`), true);
              addEventListener('securitypolicyviolation', e => faults.push(`${e.violatedDirective} ${e.blockedURI}`));
              addEventListener('message', e => { seen.frame = e.data; });
            </script>
            <link rel=stylesheet href="http://{{Assets}}/style.css">
            <script type=importmap>{"imports":{"lib":"http://{{Assets}}/lib.js"} }</script>
            <body>
            <script src="http://{{Assets}}/checked.js" integrity="sha384-CHECKSUM" crossorigin></script>
            <script type=module src="http://{{Assets}}/module.js"></script>
            <img src="//{{Assets}}/image.svg"> <img srcset="http://{{Name}}/image.svg 1x, http://{{Assets}}/image.svg 2x">
            <iframe src="http://{{Name}}/frame.html"></iframe>
            <a id=link href="http:&#x2f;&#x2f;{{Name}}/next">next</a>
            <script>
              addEventListener('load', async () => {
                seen.link = link.href;
                seen.data = (await (await fetch(`http://{{Assets}}/data.json`, { credentials: 'include' })).json()).u;
                const moved = await fetch('http:\/\/{{Name}}/moved');
                seen.moved = moved.url;
                seen.cookies = document.cookie;
                seen.background = getComputedStyle(document.body).backgroundImage;
                seen.done = faults.join('; ') || 'well';
              });
            </script>
            """),
        ("page/frame.html", $"<script>parent.postMessage('framed', 'http://{Name}')</script>"),
        ("page/image.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>"),
        ("page/landed", "landed"),
        ("assets/style.css", $"@import \"http://{Assets}/more.css\"; body {{ background-image: url(//{Assets}/image.svg) }}"),
        ("assets/more.css", ".x { color: red }"),
        ("assets/checked.js", $"seen.checked = 'http://{Name}/x';"),
        ("assets/module.js", $"import lib from 'lib'; import other from \"http://{Assets}/other.js\"; seen.module = lib + other;"),
        ("assets/lib.js", "export default 1;"),
        ("assets/other.js", "export default 2;"),
        ("assets/image.svg", $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><a href=\"http://{Name}/\"/></svg>"),
        ("assets/data.json", $"{{\"u\":\"http:\\/\\/{Name}\\/data\"}}"),
    ];

    private static async Task<Running> StartAsync()
    {
        await Internet.TheAsync();
        var directory = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "page")).FullName;
        var checksum = Convert.ToBase64String(System.Security.Cryptography.SHA384.HashData(
            System.Text.Encoding.UTF8.GetBytes(Files.Single(static file => file.Path == "assets/checked.js").Text)));
        foreach (var (path, text) in Files)
        {
            var file = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text.Replace("CHECKSUM", checksum, StringComparison.Ordinal));
        }

        await File.WriteAllTextAsync(Path.Combine(directory, "nginx.conf"), Configuration(directory));
        var server = new Running(["ip", "netns", "exec", Internet.Name, "/usr/sbin/nginx", "-c", $"{directory}/nginx.conf", "-e", "stderr"], Environs.Host);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Internet.Name, "curl", "-sf", "-H", $"Host: {Name}", $"http://{Address}/landed"], Environs.Host),
            done => done.ExitCode == 0);
        return server;
    }

    private static string Configuration(string directory) =>
        $$"""
        user root;
        daemon off;
        worker_processes 1;
        pid {{directory}}/nginx.pid;
        error_log stderr;
        events { worker_connections 256; }
        http {
          access_log off;
          {{NginxText.Places(directory)}}
          types { text/html html; text/javascript js; text/css css; image/svg+xml svg; application/json json; }
          default_type text/plain;
          gzip on;
          gzip_min_length 1;
          gzip_types *;
          server { listen {{Address}}:80 default_server; return 421; }
          server {
            listen {{Address}}:80;
            server_name {{Name}};
            root {{directory}}/page;
            location = /index.html {
              add_header Content-Security-Policy "default-src 'self' 'unsafe-inline' http://{{Assets}}; img-src {{Name}} {{Assets}}; report-uri http://{{Name}}/report";
              add_header Link "<http://{{Assets}}/style.css>; rel=preload; as=style";
              add_header Set-Cookie "session=1; Domain=example.test; Path=/; Secure; SameSite=None";
              add_header Alt-Svc 'h2="{{Name}}:443"; ma=60';
            }
            location = /moved { return 302 http://{{Name}}/landed; }
          }
          server {
            listen {{Address}}:80;
            server_name {{Assets}};
            root {{directory}}/assets;
            add_header Access-Control-Allow-Origin $http_origin;
            add_header Access-Control-Allow-Credentials true;
            add_header Vary Origin;
          }
        }
        """;
}
