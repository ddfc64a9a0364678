using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>One record as text, for comparison.</summary>
internal readonly record struct Line(string Owner, string Type, long Ttl, string Data)
{
    public override string ToString() => $"{Owner} {Ttl} {Type} {Data}";
}

/// <summary>What the rules say. <paramref name="Outside"/>: the name is not ours, or falls through to the upstream.</summary>
internal sealed record Ruling(int Rcode, IReadOnlyList<Line> Answer, IReadOnlyList<Line> Additional, string? Soa, bool Outside = false);

/// <summary>
/// How Kubernetes' cluster DNS answers, walked through object by object for every question: slow and literal, no table, nothing encoded.
/// The oracle of <see cref="TableAgainstRulesSpecs"/>.
/// </summary>
internal sealed class LiteralRules(AliasSnapshot snapshot, bool fallThrough)
{
    private const int Ttl = 30;
    private const int MaxChain = 10;

    private readonly string zone = snapshot.ClusterDomain.ToString();

    private sealed record Found(string Host, int Port, string Key)
    {
        public IPAddress? Address { get; } = IPText.TryParse(Host, out var address) ? address : null;
    }

    private sealed class NoSuchName : Exception;

    public Ruling Rule(string question, ushort type)
    {
        var name = question.ToLowerInvariant();
        var at = new[] { zone, "in-addr.arpa.", "ip6.arpa." }.FirstOrDefault(z => name == z || name.EndsWith("." + z, StringComparison.Ordinal));
        if (at is null)
            return new Ruling(Rcode.ServFail, [], [], null, Outside: true);
        List<Line> answer = [], additional = [];
        try
        {
            switch (type)
            {
                case RecordType.A or RecordType.Aaaa:
                    answer = Addresses(name, at, type, []);
                    break;
                case RecordType.Txt:
                    answer = Text(name, at);
                    break;
                case RecordType.Cname:
                    if (Services(name, at, type) is [{ Address: null } first, ..])
                        answer = [new Line(name, "CNAME", Ttl, Absolute(first.Host))];
                    break;
                case RecordType.Ptr:
                    answer = Pointers(name, at);
                    break;
                case RecordType.MX:
                    Services(name, at, type);
                    break;
                case RecordType.Srv:
                    (answer, additional) = Servers(name, at);
                    break;
                case RecordType.Soa:
                    if (name == at)
                        answer = [new Line(name, "SOA", Ttl, SoaData(at))];
                    break;
                case RecordType.NS when name == at:
                    break;
                default:
                    Addresses(name, at, RecordType.A, []);
                    break;
            }
        }
        catch (NoSuchName)
        {
            return at != zone && fallThrough
                ? new Ruling(Rcode.NXDomain, [], [], null, Outside: true)
                : new Ruling(Rcode.NXDomain, [], [], at);
        }

        return new Ruling(Rcode.NoError, answer, additional, answer.Count == 0 ? at : null);
    }

    private static string SoaData(string at) => $"ns.dns.{at} hostmaster.{at}";

    private List<Line> Addresses(string name, string at, ushort type, List<string> previousTargets)
    {
        var family = type == RecordType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        var lines = new List<Line>();
        var seen = new HashSet<string>();
        foreach (var service in Services(name, at, type))
        {
            if (service.Address is { } address)
            {
                if (address.AddressFamily == family && seen.Add(service.Host))
                    lines.Add(new Line(name, type == RecordType.A ? "A" : "AAAA", Ttl, address.ToString()));
                continue;
            }

            var target = Absolute(service.Host);
            if (target == name || target.EndsWith("." + name, StringComparison.Ordinal) || previousTargets.Count > MaxChain
                || previousTargets.Contains(target))
                continue;
            var cname = new Line(name, "CNAME", Ttl, target);
            if (target != at && !target.EndsWith("." + at, StringComparison.Ordinal))
            {
                lines.Add(cname);
                continue;
            }

            try
            {
                var next = Addresses(target, at, type, [.. previousTargets, target]);
                if (next.Count > 0)
                    lines.AddRange([cname, .. next]);
            }
            catch (NoSuchName)
            {
                // The alias exists, what it points to does not: no data.
            }
        }

        return lines;
    }

    private List<Line> Text(string name, string at)
    {
        var labels = Labels(name, at);
        if (labels is ["dns-version"])
            return [new Line(name, "TXT", 28800, "\"1.1.0\"")];
        return Records(name, at).Count > 0 ? [] : throw new NoSuchName();
    }

    private List<Line> Pointers(string name, string at)
    {
        if (ReverseAddress(name, at) is not { } address)
        {
            Records(name, at);
            return [];
        }

        var owner = snapshot.Aliases.Where(a => a.Kind == AliasKind.ClusterIP).FirstOrDefault(a => a.ServiceAddresses.Contains(address));
        if (owner is not null)
            return [new Line(name, "PTR", Ttl, $"{owner.Key.Name}.{owner.Key.Namespace}.svc.{zone}")];
        var lines = new List<Line>();
        foreach (var slice in snapshot.EndpointSlices)
        {
            foreach (var endpoint in slice.Endpoints.Where(e => e.IsReady && e.Addresses.Contains(address)))
            {
                var line = new Line(name, "PTR", Ttl, $"{Hostname(endpoint.Hostname, Text(address))}.{slice.ServiceName}.{slice.Key.Namespace}.svc.{zone}");
                if (slice.ServiceName.Length > 0 && !lines.Contains(line))
                    lines.Add(line);
            }
        }

        return lines.Count > 0 ? lines : throw new NoSuchName();
    }

    private (List<Line> Answer, List<Line> Additional) Servers(string name, string at)
    {
        var services = Services(name, at, RecordType.Srv);
        List<Line> answer = [], additional = [];
        var weight = services.Count == 0 ? 0 : Math.Max(1, (int)Math.Floor(100.0 / (100.0 * services.Count) * 100));
        foreach (var service in services.Where(s => s.Port != -1))
        {
            var answered = new Line(name, "SRV", Ttl, string.Create(CultureInfo.InvariantCulture, $"0 {weight} {service.Port} {service.Key}"));
            if (!answer.Contains(answered))
                answer.Add(answered);
            var address = new Line(service.Key, service.Address!.AddressFamily == AddressFamily.InterNetwork ? "A" : "AAAA", Ttl, service.Host);
            if (!additional.Contains(address))
                additional.Add(address);
        }

        return (answer, additional);
    }

    private List<Found> Services(string name, string at, ushort type)
    {
        if (name == "ns.dns." + at)
            return [];
        var found = Records(name, at);
        return type == RecordType.Srv ? [.. found.Where(f => f.Address is not null)] : found;
    }

    private List<Found> Records(string name, string at)
    {
        var labels = Labels(name, at);
        if (labels.Count == 0 || labels is ["svc"] or ["pod"])
            return [];
        if (labels[^1] is not ("svc" or "pod"))
            throw new NoSuchName();
        if (at != zone || labels[^1] == "pod" || !snapshot.Namespaces.Contains(labels[^2]))
            throw new NoSuchName();
        return labels.Count switch
        {
            2 => [],
            3 => Find(labels[^2], labels[^3], "", "", ""),
            4 => Find(labels[^2], labels[^3], labels[^4], "", ""),
            5 => Find(labels[^2], labels[^3], "", Bare(labels[^5]), Bare(labels[^4])),
            _ => throw new NoSuchName(),
        };
    }

    private List<Found> Find(string ns, string service, string endpoint, string port, string protocol)
    {
        var found = new List<Found>();
        var exists = false;
        var key = $"{service}.{ns}.svc.{zone}";
        foreach (var alias in snapshot.Aliases.Where(a => a.Key == new ObjectKey(ns, service)))
        {
            if (alias.Kind == AliasKind.ExternalName)
            {
                if (endpoint.Length + port.Length + protocol.Length == 0 && alias.Target is not null)
                {
                    found.Add(new Found(alias.Target.ToString(), 0, key));
                    exists = true;
                }
            }
            else if (alias.Kind == AliasKind.Headless || endpoint.Length > 0)
            {
                foreach (var slice in snapshot.EndpointSlices.Where(s => s.ServiceName == service && s.Key.Namespace == ns))
                {
                    foreach (var each in slice.Endpoints.Where(e => e.IsReady))
                    {
                        foreach (var host in each.Addresses.Select(Text).Concat(each.Names.Select(n => n.ToHostString())))
                        {
                            var hostname = Hostname(each.Hostname, host);
                            if (endpoint.Length > 0 && !hostname.Equals(endpoint, StringComparison.OrdinalIgnoreCase))
                                continue;
                            Seq<SlicePortView> none = [new SlicePortView(null, -1, Protocol.Tcp, "")];
                            foreach (var p in slice.Ports.IsEmpty ? none : slice.Ports)
                            {
                                if (!Matches(port, p.Name ?? "", protocol, slice.Ports.IsEmpty ? "" : Text(p.Protocol)))
                                    continue;
                                found.Add(new Found(host, p.Port ?? -1, $"{hostname}.{key}"));
                                exists = true;
                            }
                        }
                    }
                }
            }
            else
            {
                foreach (var p in alias.Ports.Where(p => Matches(port, p.Name, protocol, Text(p.Protocol))))
                {
                    exists = true;
                    found.AddRange(alias.ServiceAddresses.Select(address => new Found(address.ToString(), p.Port, key)));
                }
            }
        }

        return exists ? found : throw new NoSuchName();
    }

    private static bool Matches(string askedPort, string port, string askedProtocol, string protocol) =>
        (askedPort.Length == 0 || askedPort.Equals(port, StringComparison.OrdinalIgnoreCase))
        && (askedProtocol.Length == 0 || askedProtocol.Equals(protocol, StringComparison.OrdinalIgnoreCase));

    private static string Text(Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "TCP",
        Protocol.Udp => "UDP",
        Protocol.Sctp => "SCTP",
    };

    /// <summary>RFC 5952, without the dotted form that the framework prints for some IPv6 addresses.</summary>
    internal static string Text(IPAddress address)
    {
        var text = address.ToString();
        if (address.AddressFamily == AddressFamily.InterNetwork || !text.Contains('.', StringComparison.Ordinal))
            return text;
        var tail = address.GetAddressBytes()[12..];
        return string.Create(CultureInfo.InvariantCulture, $"{text[..(text.LastIndexOf(':') + 1)]}{(tail[0] << 8) | tail[1]:x}:{(tail[2] << 8) | tail[3]:x}");
    }

    private static string Bare(string label) => label.StartsWith('_') ? label[1..] : label;

    private static string Absolute(string host) => host.EndsWith('.') ? host : host + ".";

    internal static string Hostname(string hostname, string host)
    {
        if (hostname.Length > 0)
            return hostname;
        if (host.Contains('.', StringComparison.Ordinal))
            return host.Replace('.', '-');
        var dashed = host.Replace(':', '-');
        return dashed.EndsWith('-') ? dashed + "0" : dashed;
    }

    private static List<string> Labels(string name, string at) =>
        name == at ? [] : [.. DnsName.Parse(name[..^at.Length]).Labels()];

    private static IPAddress? ReverseAddress(string name, string at)
    {
        if (name == at)
            return null;
        var parts = name[..^(at.Length + 1)].Split('.');
        Array.Reverse(parts);
        if (at == "in-addr.arpa.")
            return IPText.TryParse(string.Join('.', parts), out var v4) && v4.AddressFamily == AddressFamily.InterNetwork ? v4 : null;
        if (at != "ip6.arpa." || parts.Length != 32 || parts.Any(p => p.Length != 1))
            return null;
        return IPText.TryParse(string.Join(':', parts.Chunk(4).Select(four => string.Concat(four))), out var six) ? six : null;
    }
}
