using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Tables;

/// <summary>The columns of every kind (K8S <c>pkg/printers/internalversion/printers.go</c>).</summary>
internal static class Columns
{
    private const int Shown = 3;
    private const string None = "<none>";
    private const string Unset = "<unset>";

    private static readonly TableColumn[] Services =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Type", "How the Service is reached.", static s => s["spec"]!.Str("type")),
        TableColumn.Text("Cluster-IP", "The address inside the cluster; None for a headless Service.", static s => s["spec"]!.ListOf("clusterIPs") is [var first, ..] ? first.Text : None),
        TableColumn.Text("External-IP", "The addresses or the name outside the cluster.", ExternalIP),
        TableColumn.Text("Port(s)", "The ports that clients dial, with node ports and protocols.", ServicePorts),
        TableColumn.Age,
        TableColumn.Text("Selector", "The labels of the Pods that serve it.", Selector, 1),
    ];

    private static readonly TableColumn[] Endpoints =
        [TableColumn.ObjectName, TableColumn.Text("Endpoints", "The ready addresses with their ports.", EndpointAddresses), TableColumn.Age];

    private static readonly TableColumn[] EndpointSlices =
    [
        TableColumn.ObjectName,
        TableColumn.Text("AddressType", "What the addresses are.", static s => s.Str("addressType")),
        TableColumn.Text("Ports", "The ports that endpoints listen on.", static s => Joined(s.ListOf("ports").ConvertAll(static p => p.StrOrNull("port") ?? p.StrOrNull("name") ?? "*"))),
        TableColumn.Text("Endpoints", "The addresses, ready or not.", static s => Joined(s.ListOf("endpoints").SelectMany(static e => e.Strings("addresses")).ToList())),
        TableColumn.Age,
    ];

    private static readonly TableColumn[] Namespaces =
        [TableColumn.ObjectName, TableColumn.Text("Status", "Where the namespace is in its life.", static n => n["status"]?.Str("phase") ?? ""), TableColumn.Age];

    private static readonly TableColumn[] ConfigMaps =
    [
        TableColumn.ObjectName,
        new("Data", "How many keys it holds.", static (c, _) => Node.Number((c["data"]?.Entries.Count ?? 0) + (c["binaryData"]?.Entries.Count ?? 0))),
        TableColumn.Age,
    ];

    private static readonly TableColumn[] Secrets =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Type", "What the Secret is for.", static s => s.Str("type")),
        new("Data", "How many keys it holds.", static (s, _) => Node.Number(s["data"]?.Entries.Count ?? 0)),
        TableColumn.Age,
    ];

    private static readonly TableColumn[] Leases =
        [TableColumn.ObjectName, TableColumn.Text("Holder", "Who holds it.", static l => l["spec"]?.Str("holderIdentity") ?? ""), TableColumn.Age];

    private static readonly TableColumn[] Definitions =
    [
        TableColumn.ObjectName,
        new("Created At", "When it was created.", static (d, _) => Node.String(d["metadata"]!.Str("creationTimestamp")), Type: "date"),
    ];

    /// <summary>The columns of an Alias beside its name.</summary>
    public static IReadOnlyList<TableColumn> Alias { get; } =
    [
        TableColumn.Custom("Mode", "How clients get to the origin.", ".spec.mode"),
        TableColumn.Custom("Origin", "Where the first origin is.", ".spec.origins[0].url"),
        TableColumn.Custom("Address", "The address that clients dial.", ".status.addresses[0]"),
        TableColumn.Custom("Ready", "Whether the alias as it is written is served, and an origin answers.", ".status.conditions[?(@.type==\"Ready\")].status"),
        TableColumn.Custom("Reason", "Why it is not ready, in one word.", ".status.conditions[?(@.type==\"Ready\")].reason"),
        TableColumn.Custom("Programmed", "Whether the alias as it is written is served.", ".status.conditions[?(@.type==\"Programmed\")].status", 1),
        TableColumn.Custom("Reachable", "Whether an origin answers.", ".status.conditions[?(@.type==\"OriginReachable\")].status", 1),
        TableColumn.Custom("Age", "How long ago it was created.", ".metadata.creationTimestamp", 0, "date"),
    ];

    /// <summary>The columns of an AliasPolicy beside its name.</summary>
    public static IReadOnlyList<TableColumn> AliasPolicy { get; } =
    [
        TableColumn.Custom("Namespaces", "The namespaces it speaks about.", ".spec.namespaces"),
        TableColumn.Custom("Age", "How long ago it was created.", ".metadata.creationTimestamp", 0, "date"),
    ];

    /// <summary>The columns of a kind.</summary>
    public static IReadOnlyList<TableColumn> Of(ApiKind kind) => kind.Kind switch
    {
        "Service" => Services,
        "Endpoints" => Endpoints,
        "EndpointSlice" => EndpointSlices,
        "Namespace" => Namespaces,
        "ConfigMap" => ConfigMaps,
        "Secret" => Secrets,
        "Event" => EventColumns.All,
        "Lease" => Leases,
        "CustomResourceDefinition" => Definitions,
        "Alias" => [TableColumn.ObjectName, .. Alias],
        "AliasPolicy" => [TableColumn.ObjectName, .. AliasPolicy],
        _ => [TableColumn.ObjectName, TableColumn.Age],
    };

    private static string ExternalIP(Node service)
    {
        var spec = service["spec"]!;
        var addresses = spec.Strings("externalIPs");
        switch (spec.Str("type"))
        {
            case "ExternalName":
                return spec.Str("externalName");
            case "LoadBalancer":
                var balancer = service["status"]?["loadBalancer"]?.ListOf("ingress") ?? [];
                addresses.InsertRange(0, balancer.Select(static i => i.Str("ip").Length > 0 ? i.Str("ip") : i.Str("hostname")).Where(static a => a.Length > 0).Distinct().Order(StringComparer.Ordinal));
                return addresses.Count > 0 ? string.Join(',', addresses) : "<pending>";
            default:
                return addresses.Count > 0 ? string.Join(',', addresses) : None;
        }
    }

    private static string ServicePorts(Node service)
    {
        var ports = service["spec"]!.ListOf("ports");
        return ports.Count == 0 ? None : string.Join(',', ports.Select(static p => $"{p.Str("port")}{(p.Int("nodePort") > 0 ? $":{p.Str("nodePort")}" : "")}/{p.Str("protocol")}"));
    }

    private static string Selector(Node service)
    {
        var labels = service["spec"]!["selector"]?.Entries ?? [];
        return labels.Count == 0 ? None : string.Join(',', labels.OrderBy(static l => l.Key, StringComparer.Ordinal).Select(static l => $"{l.Key}={l.Value.Text}"));
    }

    private static string EndpointAddresses(Node endpoints)
    {
        var subsets = endpoints.ListOf("subsets");
        if (subsets.Count == 0)
            return None;
        var all = new List<string>();
        foreach (var subset in subsets)
        {
            var addresses = subset.ListOf("addresses").ConvertAll(static a => a.Str("ip"));
            var ports = subset.ListOf("ports");
            all.AddRange(ports.Count == 0 ? addresses : ports.SelectMany(p => addresses.Select(a => $"{(a.Contains(':', StringComparison.Ordinal) ? $"[{a}]" : a)}:{p.Str("port")}")));
        }

        return all.Count == 0 ? "" : Joined(all);
    }

    private static string Joined(List<string> all) => all.Count switch
    {
        0 => Unset,
        <= Shown => string.Join(',', all),
        _ => $"{string.Join(',', all.Take(Shown))} + {(all.Count - Shown).ToString(CultureInfo.InvariantCulture)} more...",
    };
}
