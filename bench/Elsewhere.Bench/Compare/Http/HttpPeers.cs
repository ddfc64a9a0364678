using System.Globalization;
using System.Net;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>A server that passes requests on.</summary>
/// <param name="Server">Its process.</param>
/// <param name="Host">Its address.</param>
/// <param name="Plain">Its port in clear.</param>
/// <param name="Secure">Its port for TLS.</param>
/// <param name="Rewrites">Whether it maps the origin's name in a document to the client name.</param>
internal sealed record HttpPeer(Server Server, string Host, int Plain, int Secure, bool Rewrites) : IAsyncDisposable
{
    public string At(bool secure) => string.Create(CultureInfo.InvariantCulture, $"{Host}:{(secure ? Secure : Plain)}");

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>The gateway and its peers, each in front of the same origin, none with a log.</summary>
/// <param name="directory">Where their files go.</param>
/// <param name="origin">The origin's port, on loopback.</param>
internal sealed class HttpPeers(string directory, int origin)
{
    /// <summary>What the origin calls itself.</summary>
    public const string OriginName = "shop.example";

    /// <summary>What clients call it.</summary>
    public const string ClientName = "shop.default.svc.cluster.local";

    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public async Task<HttpPeer> ElsewhereAsync()
    {
        var manifest = Path.Combine(directory, "alias.yaml");
        var (plain, secure, dns) = (Server.FreePort(), Server.FreePort(), Server.FreePort());
        await File.WriteAllTextAsync(manifest, string.Create(CultureInfo.InvariantCulture, $$"""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: shop, namespace: default }
            spec:
              origins: [{ url: "http://{{OriginName}}:{{origin}}", addresses: [127.0.0.1] }]
              ports: [{ name: http, port: {{plain}}, appProtocol: http }, { name: https, port: {{secure}}, appProtocol: https }]
            """));
        var server = Server.Elsewhere(
            "run", "-f", manifest, "--state", Path.Combine(directory, "state"), "--upstream-dns", "none", "--api", "off", "--allow-origin", "127.0.0.0/8",
            "--dns", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{dns}"));
        using var client = new DnsClient(dns);
        byte[]? reply = null;
        await client.UntilAsync("shop", "default", DnsClient.A, answer => (reply = answer) is not null, patience);
        return new HttpPeer(server, new IPAddress(reply.AsSpan(^4..)).ToString(), plain, secure, Rewrites: true);
    }

    public async Task<HttpPeer> NginxAsync(PemPair certificate)
    {
        var (plain, secure) = (Server.FreePort(), Server.FreePort());
        var own = string.Create(CultureInfo.InvariantCulture, $"{OriginName}:{origin}");
        var server = await NginxAsync("nginx", string.Create(CultureInfo.InvariantCulture, $$"""
            upstream origin { server 127.0.0.1:{{origin}}; keepalive 128; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:{{plain}};
              listen 127.0.0.1:{{secure}} ssl http2;
              ssl_certificate {{certificate.Certificate}};
              ssl_certificate_key {{certificate.Key}};
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host {{own}};
              location / { proxy_pass http://origin; }
              location /document {
                proxy_pass http://origin;
                sub_filter 'http://{{own}}' 'http://{{ClientName}}:{{plain}}';
                sub_filter_once off;
              }
            }
            """));
        return new HttpPeer(server, "127.0.0.1", plain, secure, Rewrites: true);
    }

    /// <param name="certificate">What its clients are shown.</param>
    /// <param name="mapsHost">Whether the origin is told its own name, which hides from it what was wrong with the client's.</param>
    public async Task<HttpPeer> HaproxyAsync(PemPair certificate, bool mapsHost)
    {
        var (plain, secure) = (Server.FreePort(), Server.FreePort());
        var configuration = Path.Combine(directory, "haproxy.cfg");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            global
              nbthread 1
            defaults
              mode http
              http-reuse always
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            listen shop
              bind 127.0.0.1:{plain}
              bind 127.0.0.1:{secure} ssl crt {certificate.Both} alpn h2,http/1.1
              {(mapsHost ? "http-request set-header Host " + OriginName : "")}
              server origin 127.0.0.1:{origin}

            """));
        return new HttpPeer(new Server("HAProxy", ["haproxy", "-db", "-f", configuration]), "127.0.0.1", plain, secure, Rewrites: false);
    }

    public HttpPeer Yarp(PemPair certificate)
    {
        var (plain, secure) = (Server.FreePort(), Server.FreePort());
        string[] arguments = ["serve", "yarp", Text(plain), Text(secure), certificate.Certificate, certificate.Key, Text(origin)];
        return new HttpPeer(Server.Dotnet("Kestrel and YARP", "Elsewhere.Bench.dll", arguments), "127.0.0.1", plain, secure, Rewrites: false);
    }

    /// <summary>An application without anything in front of it.</summary>
    public static HttpPeer Kestrel(PemPair certificate)
    {
        var (plain, secure) = (Server.FreePort(), Server.FreePort());
        string[] arguments = ["serve", "kestrel", Text(plain), Text(secure), certificate.Certificate, certificate.Key];
        return new HttpPeer(Server.Dotnet("Kestrel", "Elsewhere.Bench.dll", arguments), "127.0.0.1", plain, secure, Rewrites: false);
    }

    /// <summary>The origin: nginx with two files.</summary>
    public async Task<Server> OriginAsync()
    {
        var files = Directory.CreateDirectory(Path.Combine(directory, "files")).FullName;
        await File.WriteAllTextAsync(Path.Combine(files, "small"), new string('x', 1024));
        await File.WriteAllTextAsync(Path.Combine(files, "document.html"), Document.Of(string.Create(CultureInfo.InvariantCulture, $"http://{OriginName}:{origin}")));
        return await NginxAsync("origin", string.Create(CultureInfo.InvariantCulture, $$"""
            server {
              listen 127.0.0.1:{{origin}};
              root {{files}};
              types { text/html html; }
              default_type application/octet-stream;
            }
            """));
    }

    private async Task<Server> NginxAsync(string name, string servers)
    {
        var configuration = Path.Combine(directory, $"{name}.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            worker_processes 1;
            user root;
            pid {{directory}}/{{name}}.pid;
            error_log stderr;
            events { worker_connections 1024; }
            http {
              access_log off;
              keepalive_requests 1000000000;
              client_body_temp_path {{directory}}/{{name}}-body;
              proxy_temp_path {{directory}}/{{name}}-proxy;
              fastcgi_temp_path {{directory}}/{{name}}-fastcgi;
              uwsgi_temp_path {{directory}}/{{name}}-uwsgi;
              scgi_temp_path {{directory}}/{{name}}-scgi;
              {{servers}}
            }
            """);
        return new Server(name, ["nginx", "-c", configuration, "-e", "stderr"]);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
