using System.Text;
using Elsewhere.Dns;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>Tables from manifests, and questions to them without a socket.</summary>
internal static class Tables
{
    public static readonly AnswerSettings Alone = new(Recursion: false, "elsewhere"u8.ToArray(), 1, 2);

    public static readonly AnswerSettings Recursive = Alone with { Recursion = true };

    public const string Namespace = "shop";

    public static AliasSnapshot Snapshot(string yaml)
    {
        Seq<Cidr> ranges = [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")];
        var view = ManifestReader.Read(
            [new ManifestSource("test.yaml", Encoding.UTF8.GetBytes(yaml))], ReadOptions.Default with { DefaultNamespace = Namespace, ServiceCidrs = ranges });
        Assert.DoesNotContain(view.Findings, finding => finding.Severity == Severity.Error);
        return Resolve.Run(view, ResolveOptions.Default with { ServiceCidrs = ranges });
    }

    public static DnsTable Of(string yaml) => DnsTable.Build(Snapshot(yaml), DnsTableOptions.Default);

    /// <summary>A Service with an address of its own.</summary>
    public static string ClusterIP(string name, string address) =>
        $"---\napiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec:\n  clusterIP: {address}\n  ports: [{{ name: http, port: 80 }}]\n";

    public static string ExternalName(string name, string target) =>
        $"---\napiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ type: ExternalName, externalName: {target} }}\n";

    /// <summary>A headless Service whose endpoints have these addresses, from 1 up.</summary>
    public static string Headless(string name, int endpoints)
    {
        var yaml = new StringBuilder();
        yaml.Append(
            $"---\napiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ clusterIP: None, ports: [{{ name: http, port: 80 }}] }}\n"
            + $"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{ name: {name}-1, labels: {{ kubernetes.io/service-name: {name} }} }}\n"
            + "addressType: IPv4\nports: [{ name: http, port: 8080 }]\nendpoints:\n");
        for (var i = 1; i <= endpoints; i++)
            yaml.Append($"- addresses: [\"198.18.{i / 250}.{(i % 250) + 1}\"]\n");
        return yaml.ToString();
    }

    public static (Verdict Verdict, byte[] Reply) Ask(
        DnsTable table, byte[] query, AnswerSettings? settings = null, DnsTransport transport = DnsTransport.Udp, uint turn = 0)
    {
        var octets = new byte[transport == DnsTransport.Udp ? AnswerSettings.MaxDatagram : AnswerSettings.MaxMessage];
        var verdict = Answerer.Answer(table, query, new AnswerContext(settings ?? Alone, transport, turn, [192, 0, 2, 1]), octets, out var length);
        return (verdict, octets[..length]);
    }

    public static DnsMessage Reply(DnsTable table, byte[] query, DnsTransport transport = DnsTransport.Udp, uint turn = 0)
    {
        var (verdict, reply) = Ask(table, query, transport: transport, turn: turn);
        Assert.Equal(Verdict.Reply, verdict);
        return DnsMessage.Read(reply);
    }

    public static DnsMessage Reply(DnsTable table, string name, string type) => Reply(table, QueryBuilder.Bytes(name, type));
}
