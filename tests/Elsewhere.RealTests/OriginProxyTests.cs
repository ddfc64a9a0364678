using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>Origins that speak TLS behind a real proxy: Apache's mod_proxy_connect, with <c>openssl s_server</c> as the origin. The proxy's log says what it was asked for.</summary>
public sealed class OriginProxyTests
{
    // Alias, host of the URL, fields of the origin, what the proxy is asked for (empty for nothing), what the client is answered.
    private static readonly (string Alias, string Host, string Fields, string Asked, string Answer)[] origins =
    [
        ("named", "localhost", "", "localhost:8443", " 200 "),
        ("listed", "localhost", ", addresses: [169.254.169.254, 127.0.0.1]", "127.0.0.1:8443", " 200 "),
        ("other", "127.0.0.1", "", "127.0.0.1:8443", "gateway-origin-tls"),
        ("closed", "localhost", ", addresses: [127.0.0.9]", "127.0.0.9:8443", "gateway-origin-unreachable"),
        ("metadata", "169.254.169.254", "", "", "gateway-origin-denied"),
        ("mapped", "localhost", ", addresses: [\"::ffff:169.254.169.254\"]", "", "gateway-origin-denied"),
        ("refused", "10.1.2.3", "", "", "gateway-origin-denied"),
    ];

    [RealFact]
    public async Task U6_TLS_goes_through_a_tunnel_with_the_origin_s_own_name_and_the_guard_decides_what_is_dialled_and_asked_for()
    {
        await using var machine = await Machine.CreateAsync();
        (await machine.ShellAsync(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout origin.key -out origin.crt")).Well();
        machine.Start(["openssl", "s_server", "-accept", "127.0.0.1:8443", "-cert", "origin.crt", "-key", "origin.key", "-www", "-quiet"]);
        await machine.WriteAsync("proxy.conf", Configuration(machine.Work));
        machine.Start(["/usr/sbin/apache2", "-f", $"{machine.Work}/proxy.conf", "-DFOREGROUND"]);
        foreach (var port in (string[])["8443", "3128"])
            await Eventually.TrueAsync(async () => (await machine.RunAsync("nc", "-z", "127.0.0.1", port)).ExitCode == 0, () => $"port {port} is open");
        var certificate = string.Concat((await File.ReadAllTextAsync(Path.Combine(machine.Work, "origin.crt"))).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => $"    {line}\n"));
        var manifests = $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: ca, namespace: shop }}\ndata:\n  ca.crt: |\n{certificate}";
        foreach (var origin in origins)
            manifests += Alias(origin.Alias, $"https://{origin.Host}:8443", "http://127.0.0.1:3128", origin.Fields);
        await machine.WriteAsync("live/aliases.yaml", manifests + Alias("astray", "https://localhost:8443", "http://169.254.1.1:3128", ""));
        await machine.RunElsewhereAsync("-f", "live", "--state", "state", "--deny-origin", "10.0.0.0/8");

        foreach (var (alias, _, _, asked, answer) in origins)
        {
            var done = await AskAsync(machine, alias);
            Assert.True(done.Contains(answer, StringComparison.Ordinal), $"{alias}: {done}");
            if (asked.Length > 0)
                await Eventually.TrueAsync(async () => (await LogAsync(machine)).Contains($"CONNECT {asked} ", StringComparison.Ordinal), () => $"{alias}: CONNECT {asked}");
        }

        Assert.Contains("gateway-origin-denied", await AskAsync(machine, "astray"), StringComparison.Ordinal);
        Assert.DoesNotMatch("CONNECT .*(169|10[.])", await LogAsync(machine));
    }

    private static Task<string> LogAsync(Machine machine) => File.ReadAllTextAsync(Path.Combine(machine.Work, "access.log"));

    private static async Task<string> AskAsync(Machine machine, string alias) =>
        (await machine.ElsewhereAsync("exec", "-n", "shop", "--state", Path.Combine(machine.Work, "state"), "--", "curl", "-sS", "-i", $"http://{alias}/")).Out;

    private static string Alias(string name, string url, string proxy, string fields) =>
        $$"""
        ---
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: {{name}}, namespace: shop }
        spec:
          origins:
          - { url: "{{url}}", proxy: "{{proxy}}", tls: { caCertificates: { configMapRef: { name: ca, key: ca.crt } } }{{fields}} }

        """;

    private static string Configuration(string directory) =>
        $"""
        ServerRoot {directory}
        ServerName proxy
        PidFile {directory}/proxy.pid
        DefaultRuntimeDir {directory}
        ErrorLog /dev/stderr
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
        LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so
        Listen 127.0.0.1:3128
        User nobody
        Group nogroup
        ProxyRequests On
        AllowCONNECT 8443
        LogFormat "%r %>s" asked
        CustomLog {directory}/access.log asked
        """;
}
