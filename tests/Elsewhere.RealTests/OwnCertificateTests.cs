using System.Globalization;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>The user's own certificate for an alias, made by openssl, kept in a Secret, and seen by openssl and curl.</summary>
public sealed class OwnCertificateTests
{
    private const string Names = "payments payments.shop payments.shop.svc payments.shop.svc.cluster.local";

    [RealFact]
    public async Task Clients_are_shown_the_certificate_of_the_Secret_and_the_next_one_without_a_restart()
    {
        await using var machine = await Machine.CreateAsync();
        await MakeAsync(machine, "first", Names);
        await MakeAsync(machine, "second", Names);
        await machine.WriteAsync("live/alias.yaml", Alias("payments", "payments-tls") + "---\n" + Alias("other", null));
        await SecretAsync(machine, "first");
        await machine.RunElsewhereAsync("-f", "live");

        Assert.Contains("CN = first CA", await IssuerAsync(machine, "payments"), StringComparison.Ordinal);
        Assert.Contains("Elsewhere", await IssuerAsync(machine, "other"), StringComparison.Ordinal);
        var curl = await machine.ElsewhereAsync("exec", "-n", "shop", "--", "curl", "-sS", "--cacert", "first-ca.crt", "https://payments/");
        Assert.Contains("Hello from", curl.Well().Text, StringComparison.Ordinal);
        var explained = (await machine.ElsewhereAsync("explain", "payments.shop")).Well().Out;
        Assert.Contains("of the Secret shop/payments-tls, issued by CN=first CA, valid until ", explained, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", explained, StringComparison.Ordinal);

        await SecretAsync(machine, "second");
        await Eventually.TrueAsync(async () => (await IssuerAsync(machine, "payments")).Contains("CN = second CA", StringComparison.Ordinal), () => "the new certificate is not shown");
    }

    [RealFact]
    public async Task T6_a_Secret_that_turns_bad_or_goes_leaves_the_last_good_certificate_and_each_is_told_apart()
    {
        await using var machine = await Machine.CreateAsync();
        await MakeAsync(machine, "first", "payments");
        await machine.WriteAsync("live/alias.yaml", Alias("payments", "payments-tls"));
        await SecretAsync(machine, "first");
        var run = await machine.RunElsewhereAsync("-f", "live");
        await run.SaysAsync("certificate-names");
        Assert.Contains("Elsewhere", await IssuerAsync(machine, "payments.shop"), StringComparison.Ordinal);

        await machine.WriteAsync("live/secret.yaml", Secret("bm9uc2Vuc2U=", "bm9uc2Vuc2U="));
        await run.SaysAsync("certificate-unusable");
        Assert.Contains("CN = first CA", await IssuerAsync(machine, "payments"), StringComparison.Ordinal);

        File.Delete(Path.Combine(machine.Work, "live/secret.yaml"));
        await run.SaysAsync("gateway-reference-missing");
        Assert.Contains("CN = first CA", await IssuerAsync(machine, "payments"), StringComparison.Ordinal);
    }

    private static async Task<string> IssuerAsync(Machine machine, string name) => (await machine.ElsewhereAsync(
        "exec", "-n", "shop", "--", "sh", "-c", $"openssl s_client -connect payments:443 -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -issuer"
            .Replace("payments:443", name == "other" ? "other:443" : "payments:443", StringComparison.Ordinal))).Well().Text;

    private static async Task MakeAsync(Machine machine, string name, string names)
    {
        var alternatives = string.Join(',', names.Split(' ').Select(static each => $"DNS:{each}"));
        (await machine.ShellAsync(
            $"""
            set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN={name} CA' -keyout {name}-ca.key -out {name}-ca.crt
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=payments -keyout {name}.key -out {name}.csr
            printf 'subjectAltName={alternatives}\n' > {name}.ext
            openssl x509 -req -in {name}.csr -CA {name}-ca.crt -CAkey {name}-ca.key -CAcreateserial -days 30 -extfile {name}.ext -out {name}.crt
            """)).Well();
    }

    private static async Task SecretAsync(Machine machine, string name) => await machine.WriteAsync(
        "live/secret.yaml",
        Secret(
            Convert.ToBase64String(await File.ReadAllBytesAsync(Path.Combine(machine.Work, $"{name}.crt"))),
            Convert.ToBase64String(await File.ReadAllBytesAsync(Path.Combine(machine.Work, $"{name}.key")))));

    private static string Secret(string chain, string key) =>
        $$"""
        apiVersion: v1
        kind: Secret
        type: kubernetes.io/tls
        metadata: { name: payments-tls, namespace: shop }
        data:
          tls.crt: {{chain}}
          tls.key: {{key}}

        """;

    private static string Alias(string name, string? secret) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: {{name}}, namespace: shop }
        spec:
          origins: [{ url: "http://{{Internet.OriginOne}}:9000" }]
          {{(secret is null ? "" : $"tls: {{ certificate: {{ secretRef: {{ name: {secret} }} }} }}")}}

        """);
}
