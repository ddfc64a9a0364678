using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>TLS of the gateway as OpenSSL sees it: at the origin by <c>openssl s_server</c>, at the client by <c>openssl s_client</c>.</summary>
public sealed class OriginTlsTests
{
    private const string Never = "20200101000000Z 20210101000000Z", NotYet = "20490101000000Z 20491231000000Z";

    // Alias, host of the URL, what the certificate names, further fields of tls, options of the server, whether it is spoken to.
    private static readonly (string Alias, string Host, string Names, string Tls, string Server, bool Good)[] origins =
    [
        ("right", "right.example", "DNS:right.example", "", "", true),
        ("other", "other.example", "DNS:right.example", "", "", false),
        ("wild", "a.wild.example", "DNS:*.wild.example", "", "", true),
        ("deep", "a.b.wild.example", "DNS:*.wild.example", "", "", false),
        ("bare", "wild.example", "DNS:*.wild.example", "", "", false),
        ("idn", "xn--bcher-kva.example", "DNS:xn--bcher-kva.example", "", "", true),
        ("address", "127.0.0.1", "IP:127.0.0.1", "", "", true),
        ("textual", "127.0.0.1", "DNS:127.0.0.1", "", "", false),
        ("six", "[::1]", "IP:::1", "", "", true),
        ("named", "127.0.0.1", "DNS:right.example", ", serverName: right.example", "", true),
        ("choosy", "choosy.example", "DNS:choosy.example", "", "-servername choosy.example -servername_fatal", true),
        ("expired", "right.example", "DNS:right.example", "", Never, false),
        ("early", "right.example", "DNS:right.example", "", NotYet, false),
        ("old", "right.example", "DNS:right.example", "", "-no_tls1_3", true),
        ("demanding", "right.example", "DNS:right.example", ", minimumVersion: \"1.3\"", "-no_tls1_3", false),
        ("silent", "right.example", "DNS:right.example", "", "-alpn smtp", false),
    ];

    [RealFact]
    public async Task T1_T3_T4_an_origin_is_spoken_to_if_its_certificate_is_for_its_name_and_now_and_sessions_are_resumed()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n"
            + "certificate=ca.crt\nprivate_key=ca.key\nunique_subject=no\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nextendedKeyUsage=serverAuth\n");
        (await machine.ShellAsync(
            "touch index.txt && echo 1000 > serial && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Origin CA' -keyout ca.key -out ca.crt")).Well();
        var manifests = $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: ca, namespace: shop }}\ndata:\n  ca.crt: |\n{Indented(await File.ReadAllTextAsync(Path.Combine(machine.Work, "ca.crt")))}";
        for (var i = 0; i < origins.Length; i++)
        {
            var (alias, host, names, tls, server, _) = origins[i];
            var times = server.Length > 0 && char.IsAsciiDigit(server[0]) ? server.Split(' ') : null;
            (await machine.ShellAsync(
                $"""
                set -e
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={alias} -addext 'subjectAltName={names}' -keyout {alias}.key -out {alias}.csr
                openssl ca -batch -notext -config ca.cnf -in {alias}.csr -out {alias}.crt {(times is null ? "-days 30" : $"-startdate {times[0]} -enddate {times[1]}")}
                """)).Well();
            var listen = host.StartsWith('[') ? "[::1]" : "127.0.0.1";
            machine.Start(["openssl", "s_server", "-accept", $"{listen}:{8440 + i}", "-cert", $"{alias}.crt", "-key", $"{alias}.key", "-cert2", $"{alias}.crt", "-key2", $"{alias}.key", "-www", "-quiet",
                .. times is null ? server.Split(' ', StringSplitOptions.RemoveEmptyEntries) : []]);
            manifests +=
                $$"""
                ---
                apiVersion: elsewhere.dev/v1alpha1
                kind: Alias
                metadata: { name: {{alias}}, namespace: shop }
                spec:
                  origins:
                  - url: https://{{host}}:{{8440 + i}}
                    addresses: ["{{listen.Trim('[', ']')}}"]
                    tls: { caCertificates: { configMapRef: { name: ca, key: ca.crt } }{{tls}} }

                """;
            await Eventually.TrueAsync(async () => (await machine.RunAsync("nc", "-z", listen.Trim('[', ']'), $"{8440 + i}")).ExitCode == 0, () => $"openssl s_server for {alias}");
        }

        await machine.WriteAsync("live/aliases.yaml", manifests);
        await machine.RunElsewhereAsync("-f", "live", "--state", "state");

        foreach (var origin in origins)
        {
            var done = await AskAsync(machine, $"curl -sS -i http://{origin.Alias}/");
            Assert.True(done.Out.Contains(origin.Good ? " 200 " : "gateway-origin-tls", StringComparison.Ordinal), $"{origin}: {done}");
        }

        // The server closes behind each page, and the page tells how its connection came about. The framework remembers sessions by the name that a server has taken.
        Assert.Contains("Reused, TLSv1.3", (await AskAsync(machine, "curl -sS http://choosy/")).Out, StringComparison.Ordinal);

        // The client's side.
        Assert.Equal("5", (await AskAsync(machine, "openssl s_client -connect right:443 -servername right -tls1_2 -reconnect </dev/null 2>&1 | grep -c '^Reused'")).Well().Text);
        const string get = "printf 'GET / HTTP/1.1\\r\\nHost: right\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -ign_eof -connect right:443 -servername right -tls1_3";
        Assert.Contains("Reused, TLSv1.3", (await AskAsync(machine, $"{get} -sess_out session >first; {get} -sess_in session")).Out, StringComparison.Ordinal);
        Assert.Contains("Max Early Data: 0", await File.ReadAllTextAsync(Path.Combine(machine.Work, "first")), StringComparison.Ordinal);
        Assert.Contains("ALPN protocol: h2", (await AskAsync(machine, "openssl s_client -connect right:443 -alpn smtp,h2 </dev/null")).Out, StringComparison.Ordinal);
        Assert.Contains("No ALPN negotiated", (await AskAsync(machine, "openssl s_client -connect right:443 </dev/null")).Out, StringComparison.Ordinal);
        var strange = await AskAsync(machine, "curl -sS -i --insecure --connect-to other.example:443:right:443 https://other.example/");
        Assert.Contains(" 421 ", strange.Out, StringComparison.Ordinal);
    }

    private static Task<Done> AskAsync(Machine machine, string script) => machine.ElsewhereAsync("exec", "-n", "shop", "--state", Path.Combine(machine.Work, "state"), "--", "sh", "-c", script);

    private static string Indented(string text) => string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => $"    {line}\n"));
}
