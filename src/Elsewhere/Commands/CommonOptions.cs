using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary>How results are written.</summary>
internal enum OutputForm
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs.</summary>
    Json,
}

/// <summary>Whose HTTP ports go through the gateway.</summary>
internal enum GatewayScope
{
    /// <summary>Those of Services that ask for it.</summary>
    Annotated,

    /// <summary>Those of all that do not decline it.</summary>
    All,
}

/// <summary>Options that several verbs have: one spelling, one meaning, parsed into types here.</summary>
internal static class CommonOptions
{
    /// <summary>Ranges that may be dialled although they are refused by default.</summary>
    internal const string AllowOrigin = "--allow-origin";

    /// <summary><c>-f PATH...</c></summary>
    internal static Option<string[]> Files(bool required) => new("--filename", "-f")
    {
        HelpName = "PATH...",
        Description = "Manifests: files, directories (searched to the bottom), or - for standard input",
        Required = required,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary><c>--service-cidr CIDR[,CIDR]</c></summary>
    internal static Option<Seq<Cidr>> ServiceCidr() => new("--service-cidr")
    {
        HelpName = "CIDR[,CIDR]",
        Description = "Where service addresses come from; two for dual stack [default: 127.96.0.0/16]",
        DefaultValueFactory = static _ => ResolveOptions.Default.ServiceCidrs,
        CustomParser = ParseServiceCidrs,
    };

    /// <summary><c>--cluster-domain NAME</c></summary>
    internal static Option<DnsName> ClusterDomain() => new("--cluster-domain")
    {
        HelpName = "NAME",
        Description = "The cluster's zone [default: cluster.local]",
        DefaultValueFactory = static _ => ResolveOptions.Default.ClusterDomain,
        CustomParser = static result =>
        {
            var text = result.Tokens[^1].Value;
            return DnsName.TryParse(text, out var name, out var why) && !name.IsRoot ? name : Fail<DnsName>(result, $"--cluster-domain: '{text}' {why ?? "is the root; name a zone"}");
        },
    };

    /// <summary><c>--upstream-dns ADDR:PORT|none</c>, repeated. Null: not given, use the system's; empty: none.</summary>
    internal static Option<Seq<IPEndPoint>?> UpstreamDns() => new("--upstream-dns")
    {
        HelpName = "ADDR:PORT|none",
        Description = "Who is asked about names outside the cluster, may be repeated; none answers for the cluster only [default: the nameservers in /etc/resolv.conf]",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result => result.Tokens.All(static token => token.Value != "none") ? ParseEndPoints(result, 53)
            : result.Tokens.Count == 1 ? new Seq<IPEndPoint>()
            : Fail<Seq<IPEndPoint>?>(result, "--upstream-dns: none stands alone"),
    };

    /// <summary><c>ADDR:PORT</c>, repeated.</summary>
    internal static Option<Seq<IPEndPoint>> EndPoints(string name, string description, bool required = false) => new(name)
    {
        HelpName = "ADDR:PORT",
        Description = description,
        Required = required,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = required ? null : static _ => [],
        CustomParser = static result => ParseEndPoints(result, null),
    };

    /// <summary><c>--api ADDR:PORT|off</c>; empty is off.</summary>
    internal static Option<Seq<IPEndPoint>> Api() => new("--api")
    {
        HelpName = "ADDR:PORT|off",
        Description = "Where the Kubernetes API is served for kubectl; port 0 takes a free one [default: 127.0.0.1:7445]",
        DefaultValueFactory = static _ => [new IPEndPoint(IPAddress.Loopback, 7445)],
        CustomParser = static result => result.Tokens[^1].Value is "off" ? []
            : TryParseEndPoint(result.Tokens[^1].Value, null, out var endPoint) ? [endPoint!]
            : Fail<Seq<IPEndPoint>>(result, $"--api: '{result.Tokens[^1].Value}' is neither ADDR:PORT (such as 127.0.0.1:7445) nor off"),
    };

    /// <summary><c>--metrics ADDR:PORT|off</c>; empty is off.</summary>
    internal static Option<Seq<IPEndPoint>> Metrics() => new("--metrics")
    {
        HelpName = "ADDR:PORT|off",
        Description = "Where metrics are served for Prometheus, at /metrics and to everybody who can reach it; port 0 takes a free one [default: off]",
        DefaultValueFactory = static _ => [],
        CustomParser = static result => result.Tokens[^1].Value is "off" ? []
            : TryParseEndPoint(result.Tokens[^1].Value, null, out var endPoint) ? [endPoint!]
            : Fail<Seq<IPEndPoint>>(result, $"--metrics: '{result.Tokens[^1].Value}' is neither ADDR:PORT (such as 127.0.0.1:9153) nor off"),
    };

    /// <summary><c>--gateway annotated|all</c>. Not a flag: the parser takes nothing but true and false for the value of one.</summary>
    internal static Option<GatewayScope> Gateway() => new("--gateway")
    {
        HelpName = "annotated|all",
        Description = "Whose HTTP ports go through the gateway: those of Services annotated elsewhere.dev/gateway: \"true\" (or in a namespace that is), or of all; "
            + "\"false\" always counts, and an Alias says it itself [default: annotated]",
        Arity = ArgumentArity.ExactlyOne,
        DefaultValueFactory = static _ => GatewayScope.Annotated,
        CustomParser = static result => result.Tokens[^1].Value switch
        {
            "all" => GatewayScope.All,
            "annotated" => GatewayScope.Annotated,
            var other => Fail<GatewayScope>(result, $"--gateway: '{other}' is neither annotated nor all"),
        },
    };

    /// <summary><c>CIDR</c>, repeated; a single address is the range of it alone.</summary>
    internal static Option<Seq<Cidr>> Ranges(string name, string description) => new(name)
    {
        HelpName = "CIDR",
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = static _ => [],
        CustomParser = static result =>
        {
            var ranges = new List<Cidr>();
            foreach (var token in result.Tokens)
            {
                var text = IPText.TryParse(token.Value, out var single) ? string.Create(CultureInfo.InvariantCulture, $"{single}/{single.GetAddressBytes().Length * 8}") : token.Value;
                if (!Cidr.TryParse(text, out var range, out var why))
                    return Fail<Seq<Cidr>>(result, $"{OptionName(result)}: '{token.Value}' {why}");
                if (OptionName(result) == AllowOrigin && NeverDialled(range) is { } never)
                    return Fail<Seq<Cidr>>(result, $"{AllowOrigin}: '{token.Value}' {DialGuard.Explain(never)}, whatever is allowed");
                ranges.Add(range);
            }

            return ranges.ToSeq();
        },
    };

    // Both ends for one and the same reason that no option lifts.
    private static DialVerdict? NeverDialled(Cidr range)
    {
        var policy = DialPolicy.OneMachine with { Allow = [range] };
        var verdict = DialGuard.Check(range.AddressAt(0), policy);
        return verdict != DialVerdict.Allowed && DialGuard.Check(range.AddressAt(range.Size - 1), policy) == verdict ? verdict : null;
    }

    /// <summary><c>--state DIR</c></summary>
    internal static Option<string?> State(string description) => new("--state") { HelpName = "DIR", Description = description };

    /// <summary><c>-o text|json</c></summary>
    internal static Option<OutputForm> Output() => new("--output", "-o")
    {
        HelpName = "text|json",
        Description = "How results are written [default: text]",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = static result => result.Tokens[^1].Value switch
        {
            "json" => OutputForm.Json,
            "text" => OutputForm.Text,
            var other => Fail<OutputForm>(result, $"--output: '{other}' is neither text nor json"),
        },
    };

    /// <summary>Reads <c>ADDR:PORT</c> or <c>[ADDR]:PORT</c>; the port may be left out if there is a default.</summary>
    internal static bool TryParseEndPoint(string text, int? defaultPort, out IPEndPoint? endPoint)
    {
        endPoint = null;
        var isBracketed = text.StartsWith('[');
        var hostEnd = isBracketed ? text.IndexOf(']', StringComparison.Ordinal)
            : text.Count(static c => c == ':') == 1 ? text.IndexOf(':', StringComparison.Ordinal) : text.Length;
        if (hostEnd < 0)
            return false;
        var host = isBracketed ? text[1..hostEnd] : text[..hostEnd];
        var rest = text[(isBracketed ? hostEnd + 1 : hostEnd)..];
        var port = defaultPort ?? -1;
        if (rest.Length > 0 && (rest[0] != ':' || !int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535))
            return false;
        if (port < 0 || !IPText.TryParse(host, out var address) || (isBracketed && !host.Contains(':', StringComparison.Ordinal)))
            return false;
        endPoint = new IPEndPoint(address, port);
        return true;
    }

    private static Seq<IPEndPoint> ParseEndPoints(ArgumentResult result, int? defaultPort)
    {
        var endPoints = new List<IPEndPoint>();
        foreach (var token in result.Tokens)
        {
            if (!TryParseEndPoint(token.Value, defaultPort, out var endPoint))
                return Fail<Seq<IPEndPoint>>(result, $"{OptionName(result)}: '{token.Value}' is no ADDR:PORT (such as 127.0.0.1:5353 or [::1]:5353)");
            endPoints.Add(endPoint!);
        }

        return endPoints.ToSeq();
    }

    private static Seq<Cidr> ParseServiceCidrs(ArgumentResult result)
    {
        var cidrs = new List<Cidr>();
        foreach (var text in result.Tokens.SelectMany(static token => token.Value.Split(',')))
        {
            if (!Cidr.TryParse(text, out var cidr, out var why))
                return Fail<Seq<Cidr>>(result, $"--service-cidr: '{text}' {why}");
            if (cidr.Size < 16)
                return Fail<Seq<Cidr>>(result, $"--service-cidr: {cidr} is too small; cluster DNS answers at its tenth address");
            cidrs.Add(cidr);
        }

        return cidrs.Count > 2 || (cidrs.Count == 2 && cidrs[0].Family == cidrs[1].Family)
            ? Fail<Seq<Cidr>>(result, "--service-cidr: give one range, or one of each family")
            : cidrs.ToSeq();
    }

    private static string OptionName(ArgumentResult result) => (result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name;

    internal static T Fail<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default!;
    }
}
