using System.Net.Sockets;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Service addresses and node ports: what the server allocates before it validates (K8S <c>pkg/registry/core/service/storage/alloc.go</c>).</summary>
internal sealed class ServiceAllocation(ApiContext context)
{
    /// <summary>How the server begins to tell of what it takes for an error of its own.</summary>
    public const string InternalPrefix = "Internal error occurred: ";

    private const string Allocated = "provided port is already allocated";

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
        var addresses = spec.Strings("clusterIPs");
        var written = addresses.Count;
        var families = spec.Strings("ipFamilies");
        var first = 0;
        if (old is not null && old.Str("type") != "ExternalName")
        {
            // An update allocates nothing but the second address; that the first one may not change is said later.
            if (ServiceRules.IsHeadless(old) || old.ListOf("ipFamilies").Count != 1 || families.Count != 2)
                return;
            first = 1;
        }

        for (var i = first; i < families.Count; i++)
        {
            if (i < addresses.Count)
            {
                if (RangeOf(families[i]) is { } range && !IsInside(range, addresses[i]))
                {
                    errors.Invalid(
                        FieldPath.Of("spec").Child("clusterIPs"), Node.List(addresses),
                        $"failed to allocate IP {addresses[i]}: the provided IP ({addresses[i]}) is not in the valid range. The range of valid IPs is {range.Network}/{range.PrefixLength}");
                    return;
                }

                if (context.IsAddressTaken?.Invoke(addresses[i]) == true)
                {
                    errors.Invalid(FieldPath.Of("spec").Child("clusterIPs"), Node.List(addresses), $"failed to allocate IP {addresses[i]}: provided IP is already allocated");
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
    /// <returns>What the server fails with, without blaming a field; null if it does not.</returns>
    public string? NodePorts(FieldErrors errors, Node spec, Node? old)
    {
        var taken = new HashSet<long>();
        if (spec.Str("type") is "NodePort" or "LoadBalancer")
        {
            var allocates = spec.Str("type") == "NodePort" || spec.IsTrue("allocateLoadBalancerNodePorts");
            if (old is null)
                NewNodePorts(errors, spec, allocates, taken);
            else if (ChangedNodePorts(errors, spec, old, allocates, taken) is { } failure)
                return failure;
        }

        if (errors.Any || !ServiceRules.NeedsHealthCheck(spec) || (old is not null && ServiceRules.NeedsHealthCheck(old)))
            return null;
        var check = spec.Int("healthCheckNodePort");
        if (check == 0)
            spec.Set("healthCheckNodePort", Node.Number(Next()));
        else if ((taken.Contains(check) ? Allocated : context.NodePortProblem?.Invoke(check)) is { } why)
            return $"{InternalPrefix}failed to allocate requested HealthCheck NodePort {check}: {why}";
        return null;
    }

    private void NewNodePorts(FieldErrors errors, Node spec, bool allocates, HashSet<long> taken)
    {
        var byPort = new Dictionary<long, long>();
        var ports = spec.ListOf("ports");
        for (var i = 0; i < ports.Count; i++)
        {
            var written = ports[i].Int("nodePort");
            if (written == 0 && !allocates)
                continue;
            var shared = byPort.GetValueOrDefault(ports[i].Int("port"));
            var number = shared == 0 ? Requested(spec, ports[i].Int("port")) : written == 0 ? shared : written;
            if (number == 0)
                number = Next();
            if (number != shared && !taken.Add(number))
            {
                errors.Invalid(FieldPath.Of("spec").Child("ports").At(i).Child("nodePort"), number, Allocated);
                return;
            }

            if (number != shared && context.NodePortProblem?.Invoke(number) is { } why)
            {
                errors.Invalid(FieldPath.Of("spec").Child("ports").At(i).Child("nodePort"), number, why);
                return;
            }

            byPort.TryAdd(ports[i].Int("port"), number);
            ports[i].Set("nodePort", Node.Number(number));
        }
    }

    private string? ChangedNodePorts(FieldErrors errors, Node spec, Node old, bool allocates, HashSet<long> taken)
    {
        var seen = new HashSet<(string, long)>();
        var before = old.ListOf("ports").Select(static p => p.Int("nodePort")).ToHashSet();
        var ports = spec.ListOf("ports");
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            if (port.Int("nodePort") == 0 && !allocates)
                continue;
            if (port.Int("nodePort") == 0)
            {
                port.Set("nodePort", Node.Number(Next()));
            }
            else if (!before.Contains(port.Int("nodePort")) && taken.Add(port.Int("nodePort")) && context.NodePortProblem?.Invoke(port.Int("nodePort")) is { } why)
            {
                errors.Invalid(FieldPath.Of("spec").Child("ports").At(i).Child("nodePort"), port.Int("nodePort"), why);
                return null;
            }

            if (!seen.Add((port.Str("protocol"), port.Int("nodePort"))))
                return $"duplicate nodePort: {{{port.Str("protocol")} {port.Int("nodePort")}}}";
        }

        return null;
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
