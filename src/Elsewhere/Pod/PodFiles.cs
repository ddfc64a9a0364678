using System.Net;
using System.Text;

namespace Elsewhere.Pod;

/// <summary>The three files that decide how a program finds a name, as a Pod has them. Pure: text in, text out.</summary>
internal static class PodFiles
{
    /// <summary>
    /// <c>resolv.conf</c> of a Pod with <c>dnsPolicy: ClusterFirst</c>: the namespace's search list before the host's, and ndots:5,
    /// so that a name of up to four dots is tried inside the cluster first.
    /// </summary>
    /// <param name="servers">The cluster DNS; port 53, since the file knows no ports.</param>
    /// <param name="podNamespace">The namespace of the Pod.</param>
    /// <param name="clusterDomain">Without a trailing dot.</param>
    /// <param name="host">The host's own file, whose search list and options follow ours as kubelet merges them.</param>
    internal static string ResolvConf(IEnumerable<IPAddress> servers, string podNamespace, string clusterDomain, string host)
    {
        var search = new List<string> { $"{podNamespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain };
        var options = new List<string> { "ndots:5" };
        foreach (var line in host.Split('\n'))
        {
            var words = Words(line);
            if (words.Length < 2)
                continue;
            if (words[0] is "search" or "domain")
                search = [.. search.Take(3), .. words.Skip(1).Where(word => word != ".")];
            else if (words[0] is "options")
                options.AddRange(words.Skip(1).Where(static word => !word.StartsWith("ndots:", StringComparison.Ordinal)));
        }

        var text = new StringBuilder();
        foreach (var server in servers)
            text.Append("nameserver ").Append(server).Append('\n');
        text.Append("search ").AppendJoin(' ', search.Distinct(StringComparer.OrdinalIgnoreCase)).Append('\n');
        text.Append("options ").AppendJoin(' ', options.Distinct(StringComparer.Ordinal)).Append('\n');
        return text.ToString();
    }

    /// <summary>
    /// The <c>hosts:</c> line of <c>nsswitch.conf</c> as <c>files dns</c>: modules such as <c>resolve</c>, <c>mdns4_minimal</c> or
    /// <c>nis</c> ask somebody else before the cluster DNS. Null if the file does that already.
    /// </summary>
    internal static string? NameServiceSwitch(string host)
    {
        var lines = host.Split('\n');
        var changed = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var words = Words(lines[i].Replace(":", ": ", StringComparison.Ordinal));
            if (words is not ["hosts:", ..] || words is ["hosts:", "files", "dns"] or ["hosts:", "files", "dns", "myhostname"] or ["hosts:", "files", "myhostname", "dns"])
                continue;
            lines[i] = "hosts: files dns";
            changed = true;
        }

        return changed ? string.Join('\n', lines) : null;
    }

    /// <summary>
    /// <c>/etc/hosts</c> without the names that the cluster DNS would answer: the file comes before DNS, so that a forgotten line
    /// for <c>database</c> would hide the alias. Null if nothing is in the way.
    /// </summary>
    /// <param name="host">The host's own file.</param>
    /// <param name="isAlias">Whether a name, as written, leads to an alias from the Pod's namespace.</param>
    internal static string? Hosts(string host, Func<string, bool> isAlias)
    {
        var text = new StringBuilder(host.Length);
        var changed = false;
        foreach (var line in host.Split('\n'))
        {
            var words = Words(line);
            var kept = words.Skip(1).Where(name => !isAlias(name)).ToArray();
            if (words.Length < 2 || kept.Length == words.Length - 1)
            {
                text.Append(line).Append('\n');
                continue;
            }

            changed = true;
            if (kept.Length > 0)
                text.Append(words[0]).Append('\t').AppendJoin(' ', kept).Append('\n');
        }

        return changed ? text.ToString() : null;
    }

    /// <summary>The names in <c>/etc/hosts</c>.</summary>
    internal static IEnumerable<string> HostNames(string host) => host.Split('\n').SelectMany(static line => Words(line).Skip(1));

    /// <summary>The full name if it is one of an alias' four forms (<c>a</c>, <c>a.ns</c>, <c>a.ns.svc</c>, <c>a.ns.svc.DOMAIN</c>); null if it has another shape.</summary>
    internal static string? InCluster(string name, string podNamespace, string clusterDomain)
    {
        var bare = name.TrimEnd('.');
        return bare.EndsWith($".{clusterDomain}", StringComparison.OrdinalIgnoreCase) ? bare
            : bare.EndsWith(".svc", StringComparison.OrdinalIgnoreCase) ? $"{bare}.{clusterDomain}"
            : bare.Count(static c => c == '.') switch
            {
                0 => $"{bare}.{podNamespace}.svc.{clusterDomain}",
                1 => $"{bare}.svc.{clusterDomain}",
                _ => null,
            };
    }

    private static string[] Words(string line)
    {
        var comment = line.AsSpan().IndexOfAny('#', ';');
        return (comment < 0 ? line : line[..comment]).Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
    }
}
