using System.Globalization;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Serving;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>The whole way of one alias on one screen.</summary>
internal static class ExplainReport
{
    internal static void Write(IAnsiConsole console, Explanation explanation)
    {
        var alias = explanation.Alias;
        var what = alias.Kind switch
        {
            AliasKind.ClusterIP when alias.Gateway is not null => "an address of its own; HTTP goes through the gateway",
            AliasKind.ClusterIP => "an address of its own; ports are relayed",
            AliasKind.Headless => "headless: DNS answers with the endpoints themselves",
            AliasKind.ExternalName => "a CNAME; nothing is relayed",
        };
        console.MarkupLineInterpolated($"[bold green]{alias.Key.ToString()}[/]  {what}");
        var table = Tables.Plain();
        table.AddColumn(new TableColumn("").NoWrap().PadRight(2)).AddColumn("");
        Rows(table, "declared", [("", $"{alias.Declared}{(alias.Place is { } place ? $" in {place}" : "")}")]);
        Rows(table, "names", [("", $"{string.Join(", ", explanation.Names.Skip(1))}; in namespace {alias.Key.Namespace} also {explanation.Names[0]}")]);
        Rows(table, "DNS", explanation.Dns.SelectMany(Answer));
        Rows(table, "ports", alias.Ports.SelectMany(port => Port(alias, port)));
        Rows(table, "origins", explanation.Origins.GroupBy(static asked => asked.Name).Select(Origin));
        if (explanation.Status is { } status)
        {
            Rows(table, "status", status.Origins.SelectMany(OriginText.Lines));
            Rows(table, "requests", status.Requests.Select(static one => (one.Code, $"{one.Count.ToString(CultureInfo.InvariantCulture)} since the start, last {CertificateText.Time(one.LastAt)}")));
        }

        if (explanation.Certificate is { } certificate)
            Rows(table, "certificate", CertificateText.Lines(certificate).Select(static line => ("", line)));
        if (alias.ClientIPAffinity is { } affinity)
            Rows(table, "affinity", [("", $"a client keeps its endpoint for {affinity.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s")]);
        if (explanation.Findings.IsEmpty)
            Rows(table, "findings", [("", "none")]);
        Tables.Write(console, table);
        foreach (var finding in explanation.Findings)
            FindingText.Write(console, finding);
    }

    private static void Rows(Table table, string title, IEnumerable<(string Left, string Right)> rows)
    {
        var head = title;
        var all = rows.ToArray();
        var width = all.Length == 0 ? 0 : all.Max(static row => row.Left.Length);
        foreach (var (left, right) in all)
        {
            table.AddRow(new Text("  " + head, new Style(decoration: Decoration.Dim)), new Text(width == 0 ? right : $"{left.PadRight(width)}  {right}"));
            head = "";
        }
    }

    private static IEnumerable<(string, string)> Answer(AskedOf asked)
    {
        var question = asked.Type == RecordType.Srv ? $"SRV {asked.Name.Labels()[0]}.{asked.Name.Labels()[1]}" : RecordText.Type(asked.Type);
        if (asked.Reply is not { } reply)
            return [(question, "no answer in time")];
        if (reply.Answer.IsEmpty)
            return [(question, Outcome(reply.Rcode))];
        return reply.Answer.Select(record =>
        {
            var type = record.Type == asked.Type ? question : $"{question} ->";
            var text = $"{(record.Type == asked.Type ? "" : $"{RecordText.Type(record.Type)} ")}{RecordText.Data(record)}";
            return (type, $"{text}  TTL {record.Ttl.ToString(CultureInfo.InvariantCulture)}{(reply.Rcode == Rcode.NoError ? "" : $" ({Outcome(reply.Rcode)})")}");
        });
    }

    private static IEnumerable<(string, string)> Port(Alias alias, AliasPort port)
    {
        var listen = alias.ServiceAddresses.IsEmpty ? AliasText.Port(port)
            : string.Join(", ", alias.ServiceAddresses.Select(address => new IPEndPoint(address, port.Port).ToString())) + $"/{port.Protocol.ToString().ToUpperInvariant()}{(port.Name.Length > 0 ? $" {port.Name}" : "")}";
        var all = Destination.Of(alias, port);
        var arrow = Destination.GatewayPort(alias, port) is null ? "->" : "-> gateway ->";
        return all.Count == 0 ? [(listen, $"-> {AliasText.Destinations(alias, port)}")]
            : all.Select((one, index) => (index == 0 ? listen : "", $"{arrow} {one.Text}{Share(one, all)}"));
    }

    private static string Share(Destination one, IReadOnlyList<Destination> all) =>
        (all.Any(other => other.Priority != one.Priority) ? string.Create(CultureInfo.InvariantCulture, $"  priority {one.Priority}") : "")
        + (all.Any(other => other.Weight != one.Weight) ? string.Create(CultureInfo.InvariantCulture, $"  weight {one.Weight}") : "");

    private static (string, string) Origin(IGrouping<DnsName, AskedOf> asked)
    {
        var records = asked.SelectMany(static one => one.Reply?.Answer ?? []).ToArray();
        var addresses = records.Where(static record => record.Type is RecordType.A or RecordType.Aaaa).Select(RecordText.Data).ToArray();
        return (asked.Key.ToHostString(), addresses.Length > 0
            ? $"{string.Join(", ", addresses)}  TTL {records.Min(static record => record.Ttl).ToString(CultureInfo.InvariantCulture)}"
            : asked.First().Reply is { } reply ? Outcome(reply.Rcode) : "no answer in time");
    }

    /// <summary>What an answer without records says.</summary>
    internal static string Outcome(int rcode) => rcode switch
    {
        Rcode.NoError => "no such record",
        Rcode.NXDomain => "no such name (NXDOMAIN)",
        Rcode.ServFail => "no resolver could answer (SERVFAIL)",
        Rcode.Refused => "refused",
        _ => string.Create(CultureInfo.InvariantCulture, $"response code {rcode}"),
    };
}
