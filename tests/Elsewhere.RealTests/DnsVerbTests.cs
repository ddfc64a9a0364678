using System.Globalization;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>Cluster DNS as <c>dig</c> sees it.</summary>
public sealed class DnsVerbTests
{
    private const string Crowd = "crowd.default.svc.cluster.local";
    private const int CrowdSize = 100;

    private static readonly string manifests =
        $$"""
        kind: Service
        apiVersion: v1
        metadata: { name: web }
        spec:
          clusterIP: 127.96.7.7
          ports: [{ name: http, port: 80 }]
        ---
        kind: Service
        apiVersion: v1
        metadata: { name: crowd }
        spec:
          clusterIP: None
          ports: [{ name: http, port: 80 }]
        ---
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: { name: crowd-1, labels: { kubernetes.io/service-name: crowd } }
        addressType: IPv4
        ports: [{ name: http, port: 80 }]
        endpoints: [{{string.Join(", ", Enumerable.Range(1, CrowdSize).Select(number => string.Create(CultureInfo.InvariantCulture, $"{{ addresses: [203.0.113.{number}] }}")))}}]
        """;

    [RealFact]
    public async Task Udp_and_tcp_on_ipv4_and_ipv6_say_the_same()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        foreach (var server in new[] { "127.0.0.1", "::1" })
        {
            foreach (var transport in new[] { "+notcp", "+tcp" })
                Assert.Equal("127.96.7.7", (await DigAsync(machine, server, transport, "+short", "web.default.svc.cluster.local")).Text);
        }
    }

    [RealFact]
    public async Task An_answer_too_large_for_udp_is_cut_and_comes_whole_over_tcp()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        var cut = await DigAsync(machine, "127.0.0.1", "+ignore", "+bufsize=4096", Crowd);
        Assert.Matches(@"flags: qr aa tc rd", cut.Out);
        Assert.Matches(@"(?m)^;; MSG SIZE  rcvd: (\d{1,3}|1[01]\d\d|12[0-2]\d|123[0-2])$", cut.Out);

        var fallenBack = await DigAsync(machine, "127.0.0.1", "+bufsize=4096", Crowd);
        Assert.Contains("retrying in TCP mode", fallenBack.Out, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"ANSWER: {CrowdSize},"), fallenBack.Out, StringComparison.Ordinal);

        var plain = await DigAsync(machine, "127.0.0.1", "+ignore", "+noedns", Crowd);
        Assert.Matches(@"flags: qr aa tc rd", plain.Out);
        Assert.Matches(@"(?m)^;; MSG SIZE  rcvd: ([1-4]?\d?\d|50\d|51[0-2])$", plain.Out);
    }

    [RealFact]
    public async Task One_tcp_connection_takes_several_questions()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        var dig = await DigAsync(
            machine, "127.0.0.1", "+tcp", "+keepopen", "+short", "web.default.svc.cluster.local", "dns-version.cluster.local", "TXT", "web.default.svc.cluster.local", "A");

        Assert.Equal(["127.96.7.7", "\"1.1.0\"", "127.96.7.7"], dig.Lines);
    }

    [RealFact]
    public async Task D17_the_question_comes_back_in_the_case_it_was_asked_in()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        var dig = await DigAsync(machine, "127.0.0.1", "WeB.dEfAuLt.SVC.cluster.LOCAL");

        Assert.Matches(@"(?m)^;WeB\.dEfAuLt\.SVC\.cluster\.LOCAL\.\s+IN\s+A$", dig.Out);
        Assert.Matches(@"(?m)^WeB\.dEfAuLt\.SVC\.cluster\.LOCAL\.\s+30\s+IN\s+A\s+127\.96\.7\.7$", dig.Out);
    }

    [RealFact]
    public async Task D21_no_such_name_is_not_the_same_as_no_such_record()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        var noName = await DigAsync(machine, "127.0.0.1", "nobody.default.svc.cluster.local");
        var noRecord = await DigAsync(machine, "127.0.0.1", "web.default.svc.cluster.local", "AAAA");
        var between = await DigAsync(machine, "127.0.0.1", "default.svc.cluster.local");

        Assert.Contains("status: NXDOMAIN", noName.Out, StringComparison.Ordinal);
        foreach (var empty in new[] { noRecord, between })
        {
            Assert.Contains("status: NOERROR", empty.Out, StringComparison.Ordinal);
            Assert.Contains("ANSWER: 0, AUTHORITY: 1", empty.Out, StringComparison.Ordinal);
        }
    }

    [RealFact]
    public async Task D16_an_unknown_version_of_edns_is_refused_and_unknown_options_are_ignored()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        Assert.Contains(
            "status: BADVERS", (await DigAsync(machine, "127.0.0.1", "+edns=1", "+noednsneg", "web.default.svc.cluster.local")).Out, StringComparison.Ordinal);
        Assert.Equal(
            "127.96.7.7", (await DigAsync(machine, "127.0.0.1", "+short", "+ednsopt=65001:c0ffee", "+ednsflags=0x40", "web.default.svc.cluster.local")).Text);
        Assert.Contains(
            "status: NOTIMP", (await DigAsync(machine, "127.0.0.1", "+opcode=7", "+header-only")).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task A_named_port_has_a_service_record()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        Assert.Matches(@"^0 \d+ 80 web\.default\.svc\.cluster\.local\.$", (await DigAsync(machine, "127.0.0.1", "+short", "_http._tcp.web.default.svc.cluster.local", "SRV")).Text);
    }

    [RealFact]
    public async Task Names_outside_the_cluster_are_asked_upstream()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);

        var dig = await DigAsync(machine, "127.0.0.1", "alias.example.test");

        Assert.Matches(@"(?m)^alias\.example\.test\.\s+\d+\s+IN\s+CNAME\s+www\.example\.test\.$", dig.Out);
        Assert.Matches(@"(?m)^www\.example\.test\.\s+\d+\s+IN\s+A\s+203\.0\.113\.11$", dig.Out);
        Assert.Contains("status: NXDOMAIN", (await DigAsync(machine, "127.0.0.1", "nobody.example.test")).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task D22_an_upstream_that_is_gone_costs_only_the_names_that_nobody_knows_yet()
    {
        await using var machine = await Machine.CreateAsync();
        await StartAsync(machine);
        Assert.Equal("203.0.113.11", (await DigAsync(machine, "127.0.0.1", "+short", "origin.example.test")).Text);

        (await machine.RunAsync("ip", "link", "set", "eth0", "down")).Well();

        Assert.Equal("127.96.7.7", (await DigAsync(machine, "127.0.0.1", "+short", "web.default.svc.cluster.local")).Text);
        Assert.Contains("status: SERVFAIL", (await DigAsync(machine, "127.0.0.1", "+time=15", "+tries=1", "www.example.test")).Out, StringComparison.Ordinal);
        // Its TTL of one second is over by now: better an old answer than none (RFC 8767).
        Assert.Equal("203.0.113.11", (await DigAsync(machine, "127.0.0.1", "+time=15", "+tries=1", "+short", "origin.example.test")).Text);
    }

    [RealFact]
    public async Task The_second_upstream_answers_when_the_first_does_not()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("dns.yaml", manifests);
        var dns = machine.Start(
            "elsewhere", "dns", "-f", "dns.yaml", "--listen", "127.0.0.1:5300", "--upstream-dns", $"{Internet.Nobody}:53", "--upstream-dns", $"{Internet.NameServer}:53");
        await machine.ServesAsync(dns, "127.0.0.1", "5300");

        Assert.Equal("203.0.113.11", (await DigAsync(machine, "127.0.0.1", "+time=15", "+short", "www.example.test")).Text);
    }

    [RealFact]
    public async Task Without_upstreams_it_is_authoritative_only()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("dns.yaml", manifests);
        var dns = machine.Start("elsewhere", "dns", "-f", "dns.yaml", "--listen", "127.0.0.1:5300", "--upstream-dns", "none");
        await machine.ServesAsync(dns, "127.0.0.1", "5300");

        Assert.Contains("status: SERVFAIL", (await DigAsync(machine, "127.0.0.1", "www.example.test")).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task D14_any_bytes_over_udp_and_tcp_disturb_nobody()
    {
        await using var machine = await Machine.CreateAsync();
        var dns = await StartAsync(machine);

        (await machine.ShellAsync("for size in 1 5 11 12 13 40 500 1400; do head -c $size /dev/urandom | nc -u -q 0 -w 1 127.0.0.1 5300; done; true")).Well();
        (await machine.ShellAsync("for size in 1 2 3 14 500 70000; do head -c $size /dev/urandom | nc -N -w 2 127.0.0.1 5300 >/dev/null; done; true")).Well();

        Assert.Equal("127.96.7.7", (await DigAsync(machine, "127.0.0.1", "+short", "web.default.svc.cluster.local")).Text);
        Assert.Equal("127.96.7.7", (await DigAsync(machine, "127.0.0.1", "+tcp", "+short", "web.default.svc.cluster.local")).Text);
        Assert.Equal(0, await dns.TermAsync());
    }

    private static async Task<Running> StartAsync(Machine machine)
    {
        await machine.WriteAsync("dns.yaml", manifests);
        var dns = machine.Start(
            "elsewhere", "dns", "-f", "dns.yaml", "--listen", "127.0.0.1:5300", "--listen", "[::1]:5300", "--upstream-dns", $"{Internet.NameServer}:53");
        await machine.ServesAsync(dns, "127.0.0.1", "5300");
        return dns;
    }

    private static async Task<Done> DigAsync(Machine machine, string server, params string[] arguments) =>
        (await machine.DigAsync([$"@{server}", "-p", "5300", .. arguments])).Well();
}
