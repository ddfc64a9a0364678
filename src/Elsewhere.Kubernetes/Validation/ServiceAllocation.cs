using System.Net.Sockets;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Service addresses and node ports: what the server allocates before it validates (K8S <c>pkg/registry/core/service/storage/alloc.go</c>).</summary>
internal sealed class ServiceAllocation(ApiContext context)
{
    // Without a cluster the ports only need to differ.
    private int made = 30000;

    /// <summary>The families of the cluster, the default one first.</summary>
    public IReadOnlyList<string> Families { get; } = context.ServiceCidrs.IsEmpty
        ? ["IPv4", "IPv6"]
        : [.. context.ServiceCidrs.Select(c => c.Family == AddressFamily.InterNetwork ? "IPv4" : "IPv6").Distinct()];

    /// <summary>Addresses for the families that have none yet; explicit ones must lie in the range.</summary>
    public void Addresses(FieldErrors errors, Node spec, Node? old)
    {
        if (spec.Str("type") == "ExternalName" || ServiceRules.IsHeadless(spec))
            return;
        var before = old is null || old.Str("type") == "ExternalName" ? [] : old.Strings("clusterIPs");
        var addresses = spec.Strings("clusterIPs");
        var written = addresses.Count;
        var families = spec.Strings("ipFamilies");
        for (var i = 0; i < families.Count; i++)
        {
            if (i < addresses.Count)
            {
                if (!before.Contains(addresses[i]) && RangeOf(families[i]) is { } range && !IsInside(range, addresses[i]))
                {
                    errors.Invalid(
                        FieldPath.Of("spec").Child("clusterIPs"), Node.List(addresses),
                        $"failed to allocate IP {addresses[i]}: the provided IP ({addresses[i]}) is not in the valid range. The range of valid IPs is {range.Network}/{range.PrefixLength}");
                    return;
                }
            }
            else if (context.AllocateAddress is { } allocate)
            {
                addresses.Add(allocate(families[i] == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));
            }
        }

        if (addresses.Count == written)
            return;
        spec.Set("clusterIPs", Node.List(addresses));
        spec.Set("clusterIP", Node.String(addresses[0]));
    }

    /// <summary>Node ports for the types that have them; ports of the same number on two protocols share one.</summary>
    public void NodePorts(Node spec, Node? old)
    {
        if (spec.Str("type") is "NodePort" or "LoadBalancer")
        {
            var allocate = spec.Str("type") == "NodePort" || spec.IsTrue("allocateLoadBalancerNodePorts");
            var given = new Dictionary<long, long>();
            foreach (var port in spec.ListOf("ports"))
            {
                var number = port.Int("nodePort");
                if (number == 0 && !allocate)
                    continue;
                if (number == 0 && old is null)
                    number = given.GetValueOrDefault(port.Int("port")) is > 0 and var same ? same : Requested(spec, port.Int("port"));
                if (number == 0)
                    number = Next();
                given.TryAdd(port.Int("port"), number);
                port.Set("nodePort", Node.Number(number));
            }
        }

        if (ServiceRules.NeedsHealthCheck(spec) && spec.Int("healthCheckNodePort") == 0)
            spec.Set("healthCheckNodePort", Node.Number(Next()));
    }

    private static long Requested(Node spec, long port)
    {
        foreach (var other in spec.ListOf("ports"))
        {
            if (other.Int("port") == port && other.Int("nodePort") != 0)
                return other.Int("nodePort");
        }

        return 0;
    }

    private long Next() => context.AllocateNodePort?.Invoke() ?? made++;

    private Cidr? RangeOf(string family)
    {
        foreach (var range in context.ServiceCidrs)
        {
            if (range.Family == AddressFamily.InterNetwork == (family == "IPv4"))
                return range;
        }

        return null;
    }

    // The first address is the network's, the last IPv4 address the broadcast's: nobody gets them.
    private static bool IsInside(Cidr range, string text)
    {
        if (!GoIP.TryParse(text, out var address) || !IPText.TryParse(address.ToString(), out var ip) || !range.Contains(ip) || ip.Equals(range.Network))
            return false;
        return range.Family != AddressFamily.InterNetwork || !ip.Equals(range.AddressAt(range.Size - 1));
    }
}
