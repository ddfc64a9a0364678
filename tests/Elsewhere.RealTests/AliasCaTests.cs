using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>
/// The alias CA as real programs see it: what <c>elsewhere exec</c> gives them is enough for every form of an alias' name, and whoever steals the key can be no
/// name of the internet. OpenSSL answers in the place of the gateway, so that nothing of ours judges itself.
/// </summary>
public sealed class AliasCaTests
{
    private const string Origin = "192.0.2.200", Address = "127.96.77.7", Stolen = "registry.npmjs.org", Harmless = "harmless.shop";
    private const string Page = "1111111111111111111111111111111111111111\trefs/heads/main";
    private static readonly ObjectKey payments = new("shop", "payments");

    // What each program prints when it believes the server, and where it gets the page.
    public static TheoryData<string, string> Programs => new()
    {
        { "curl", "curl -sS https://{0}/page" },
        { "openssl", "printf 'GET /page HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -verify_return_error -verify_hostname {0} -servername {0} -connect {0}:443" },
        { "node", "node -e \"require('https').get('https://{0}/page', r => r.pipe(process.stdout)).on('error', e => {{ console.error(e.message); process.exit(1) }})\"" },
        { "python3", "python3 -c \"import urllib.request; print(urllib.request.urlopen('https://{0}/page').read().decode())\"" },
        { "git", "git ls-remote https://{0}/git" },
        // A browser has a trust store of its own.
        {
            "chromium",
            "export HOME=$(mktemp -d); mkdir -p $HOME/.pki/nssdb; certutil -d sql:$HOME/.pki/nssdb -N --empty-password; "
            + "[ \"$SSL_CERT_FILE\" != \"$PWD/state/trust.pem\" ] || certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n alias -i state/ca.crt; "
            + "chromium --headless --no-sandbox --disable-gpu --user-data-dir=$HOME/profile --dump-dom https://{0}/page"
        },
    };

    [RealTheory]
    [MemberData(nameof(Programs))]
    public async Task A_program_in_exec_believes_every_form_of_an_aliass_name(string program, string command)
    {
        await using var machine = await StartedAsync();
        await CertifyAsync(machine);
        await ServeAsync(machine, "-cert leaf.pem -key leaf.pem");

        foreach (var name in (string[])["payments", "payments.shop", "payments.shop.svc", "payments.shop.svc.cluster.local", Address])
        {
            var done = await machine.ElsewhereAsync("exec", "-n", "shop", "--state", State(machine), "--", "sh", "-c", Line(command, name));
            Assert.True(done.ExitCode == 0 && done.Out.Contains(Page, StringComparison.Ordinal), $"{program} {name}: {done}");
        }

        // Outside it does not: nothing of the machine was changed.
        var outside = await machine.ShellAsync(Line(command, Address));
        Assert.DoesNotContain(Page, outside.Out, StringComparison.Ordinal);
    }

    [RealTheory]
    [MemberData(nameof(Programs))]
    public async Task The_key_of_the_ca_is_worth_nothing_for_a_name_of_the_internet(string program, string command)
    {
        await using var machine = await StartedAsync();
        await machine.WriteAsync("hosts", $"{Address} {Stolen} {Harmless}\n");
        await StealAsync(machine, Harmless);
        await StealAsync(machine, Stolen);
        await ServeAsync(machine, $"-cert {Harmless}.pem -key {Harmless}.pem -servername {Stolen} -cert2 {Stolen}.pem -key2 {Stolen}.pem");

        // That the theft works at all shows a name that the CA may vouch for.
        foreach (var name in (string[])[Harmless, Stolen])
        {
            var done = await machine.ElsewhereAsync(
                "exec", "-n", "shop", "--state", State(machine), "--", "sh", "-c", $"mount --bind hosts /etc/hosts && {Line(command, name)}");

            Assert.True(done.Out.Contains(Page, StringComparison.Ordinal) == (name == Harmless), $"{program} {name}: {done}");
            if (name == Stolen)
                Assert.Matches("(?i)certif|subtree|verif|ERR_CERT", done.Err + done.Out);
        }
    }

    // OpenSSL's own client has another option for an address.
    private static string Line(string command, string name) => string.Format(CultureInfo.InvariantCulture, command, name)
        .Replace($"-verify_hostname {Address} -servername {Address}", $"-verify_ip {Address}", StringComparison.Ordinal);

    private static string State(Machine machine) => Path.Combine(machine.Work, "state");

    private static async Task<Machine> StartedAsync()
    {
        var machine = await Machine.CreateAsync();
        await machine.WriteAsync("alias.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: { name: payments, namespace: shop }
            spec:
              clusterIP: {{Address}}
              ports: [{ port: 443 }]
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: { name: payments-1, namespace: shop, labels: { kubernetes.io/service-name: payments } }
            addressType: IPv4
            endpoints: [{ addresses: [{{Origin}}] }]
            ports: [{ port: 8443 }]
            """);
        (await machine.RunAsync("ip", "address", "add", $"{Origin}/32", "dev", "lo")).Well();
        await machine.RunElsewhereAsync("-f", Path.Combine(machine.Work, "alias.yaml"), "--state", State(machine));
        return machine;
    }

    private static async Task ServeAsync(Machine machine, string certificates)
    {
        await machine.WriteAsync("page", Page + "\n");
        // What git asks for.
        await machine.WriteAsync("git/info/refs?service=git-upload-pack", Page + "\n");
        machine.Start("sh", "-c", $"exec openssl s_server -accept {Origin}:8443 {certificates} -WWW -quiet");
        await Eventually.TrueAsync(async () => (await machine.RunAsync("nc", "-z", Origin, "8443")).ExitCode == 0, () => "openssl s_server");
    }

    private static async Task CertifyAsync(Machine machine)
    {
        var keys = await File.ReadAllTextAsync(Path.Combine(State(machine), "ca-keys.pem"));
        using var certificates = new ServerCertificates(
            AuthoritySet.FromPem(keys), [Cidr.Parse("127.96.0.0/16")], TimeProvider.System, static _ => throw new InvalidOperationException("the CA that there is will do"));
        var alias = new Alias(payments, new ObjectRef("v1", "Service", "shop", "payments"), AliasKind.ClusterIP, [IPText.Parse(Address)], null, [], null, null);
        certificates.Apply([CertificateSubject.Of(alias, DnsName.Parse("cluster.local"), [], null)]);
        var leaf = certificates.Select(payments, null)!.ServerCertificateContext!.TargetCertificate;
        await machine.WriteAsync("leaf.pem", leaf.ExportCertificatePem() + "\n" + leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n");
    }

    // As somebody would who has the key and no use for our program.
    private static async Task StealAsync(Machine machine, string name) => (await machine.ShellAsync(
        $"""
        set -e
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request.pem -subj /CN={name}
        printf 'subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n' >extensions
        openssl x509 -req -in request.pem -CA state/ca-keys.pem -CAkey state/ca-keys.pem -days 1 -extfile extensions -out certificate.pem
        cat certificate.pem key.pem >{name}.pem
        """)).Well();
}
