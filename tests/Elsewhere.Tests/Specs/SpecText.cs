using System.Globalization;
using System.Net;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Tests.Specs;

/// <summary>A snapshot as text that reads aloud.</summary>
internal static class SpecText
{
    public static string Findings(AliasSnapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (var finding in snapshot.Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{finding.Severity.ToString().ToLowerInvariant()} {finding.Code}: {finding.Object}");
            if (finding.Field.Length > 0)
                text.Append(", ").Append(finding.Field);
            if (finding.Place is { } place)
                text.Append(" (").Append(place).Append(')');
            text.Append('\n');
            Indented(text, "  ", finding.Message);
            if (finding.Remedy.Length > 0)
                Indented(text, "  -> ", finding.Remedy);
        }

        return text.Length == 0 ? "nothing\n" : text.ToString();
    }

    public static string Aliases(AliasSnapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (var alias in snapshot.Aliases)
        {
            text.Append(CultureInfo.InvariantCulture, $"{alias.Key}: {alias.Kind}");
            if (alias.Kind == AliasKind.ExternalName)
                text.Append(" -> ").Append(alias.Target?.ToString() ?? "nothing");
            else if (alias.Kind == AliasKind.ClusterIP)
                text.Append(' ').Append(alias.ServiceAddresses.IsEmpty ? "without an address" : string.Join(' ', alias.ServiceAddresses));
            if (alias.ClientIPAffinity is { } affinity)
                text.Append(CultureInfo.InvariantCulture, $", affinity {affinity.TotalSeconds} s");
            text.Append('\n');
            foreach (var port in alias.Ports)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {port.Port}/{port.Protocol.ToString().ToUpperInvariant()}");
                if (port.Name.Length > 0)
                    text.Append(' ').Append(port.Name);
                var http = alias.Gateway?.Ports.FirstOrDefault(p => p.Port == port.Port && port.Protocol == Protocol.Tcp);
                if (http is not null)
                    text.Append(http.Secure ? " https" : " http").Append(" -> gateway ").AppendJoin(", ", http.Origins.IsEmpty ? ["nothing"] : http.Origins.Select(Text)).Append('\n');
                else
                    text.Append(" -> ").AppendJoin(", ", port.Backends.IsEmpty ? ["nothing"] : port.Backends.Select(Text)).Append('\n');
            }
        }

        foreach (var slice in snapshot.EndpointSlices)
        {
            text.Append(CultureInfo.InvariantCulture, $"slice {slice.Key} of {(slice.ServiceName.Length > 0 ? slice.ServiceName : "nothing")}");
            text.Append(slice.ManagedBy == "endpointslicemirroring-controller.k8s.io" ? ", mirrored: " : ": ");
            text.AppendJoin(", ", slice.Endpoints.Select(Text));
            text.Append(" port ").AppendJoin(", ", slice.Ports.IsEmpty ? ["none"] : slice.Ports.Select(Text)).Append('\n');
        }

        return text.Length == 0 ? "nothing\n" : text.ToString();
    }

    private static string Text(Backend backend)
    {
        var target = backend.Address is { } address ? new IPEndPoint(address, backend.Port).ToString() : $"{backend.Name}:{backend.Port}";
        var priority = backend.Priority == 0 ? "" : $" priority {backend.Priority}";
        return backend.Weight == 100 ? target + priority : $"{target}{priority} weight {backend.Weight}";
    }

    private static string Text(GatewayOrigin origin)
    {
        var host = origin.Url.Host?.ToHostString() ?? origin.Url.Address!.ToString();
        return $"{(origin.PriorKnowledge ? "h2c" : origin.Url.Scheme.ToString().ToLowerInvariant())}://{host}:{origin.Url.Port}{origin.Url.BasePath}"
            + (origin.Priority == 0 ? "" : $" priority {origin.Priority}") + (origin.Tls is null ? "" : $" as {origin.Tls.ServerName}");
    }

    private static string Text(EndpointView endpoint)
    {
        var host = endpoint.Hostname.Length > 0 ? $" ({endpoint.Hostname})" : "";
        return $"{string.Join('+', endpoint.Addresses.Select(a => a.ToString()).Concat(endpoint.Names.Select(n => n.ToString())))}{host}{(endpoint.IsReady ? "" : " not ready")}";
    }

    private static string Text(SlicePortView port) =>
        $"{port.Port?.ToString(CultureInfo.InvariantCulture) ?? "unset"}/{port.Protocol.ToString().ToUpperInvariant()}{(port.Name is { Length: > 0 } name ? $" {name}" : "")}";

    private static void Indented(StringBuilder text, string first, string lines)
    {
        foreach (var line in lines.TrimEnd('\n').Split('\n'))
        {
            text.Append(first).Append(line).Append('\n');
            first = "     ";
        }
    }
}
