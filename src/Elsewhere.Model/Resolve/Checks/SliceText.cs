using System.Globalization;
using System.Text;

namespace Elsewhere.Model;

/// <summary>EndpointSlices as YAML, to be pasted in place of Endpoints.</summary>
internal static class SliceText
{
    private static readonly string[] OtherThanText = ["n", "no", "y", "yes", "on", "off", "true", "false", "null"];

    /// <summary>The remedy for deprecated Endpoints: the slices that do the same.</summary>
    public static string Instead(ReadOnlySpan<EndpointSliceView> slices)
    {
        var text = new StringBuilder(512);
        text.Append("Delete the Endpoints and write instead:\n");
        for (var i = 0; i < slices.Length; i++)
        {
            if (i > 0)
                text.Append("---\n");
            Append(text, slices[i], i + 1);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, EndpointSliceView slice, int number)
    {
        // Not the mirrored slice's own name: the controller would take it for one of its own and delete it.
        text.Append("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: ")
            .Append(Quoted(NameOf(slice.ServiceName, number)))
            .Append("\n  namespace: ").Append(Quoted(slice.Key.Namespace))
            .Append("\n  labels:\n    kubernetes.io/service-name: ").Append(Quoted(slice.ServiceName))
            .Append("\n    endpointslice.kubernetes.io/managed-by: by-hand\naddressType: ").Append(slice.AddressType)
            .Append("\nendpoints:\n");
        foreach (var endpoint in slice.Endpoints)
        {
            text.Append("- addresses: [\"").Append(endpoint.Addresses[0]).Append("\"]\n");
            if (endpoint.Hostname.Length > 0)
                text.Append("  hostname: ").Append(Quoted(endpoint.Hostname)).Append('\n');
            if (!endpoint.IsReady)
                text.Append("  conditions: { ready: false }\n");
        }

        if (slice.Ports.IsEmpty)
            return;
        text.Append("ports:\n");
        foreach (var port in slice.Ports)
        {
            text.Append("- port: ").Append(CultureInfo.InvariantCulture, $"{port.Port}\n");
            if (port.Name is { Length: > 0 } name)
                text.Append("  name: ").Append(Quoted(name)).Append('\n');
            text.Append("  protocol: ").Append(port.Protocol switch { Protocol.Tcp => "TCP", Protocol.Udp => "UDP", Protocol.Sctp => "SCTP" }).Append('\n');
            if (port.AppProtocol.Length > 0)
                text.Append("  appProtocol: ").Append(Quoted(port.AppProtocol)).Append('\n');
        }
    }

    private static string NameOf(string service, int number)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $"-{number}");
        return service.Length + suffix.Length <= 63 ? service + suffix : service[..(63 - suffix.Length)] + suffix;
    }

    // Names of objects and ports need quotes only where YAML would take them for something else.
    private static string Quoted(string text)
    {
        var plain = text.Length > 0 && char.IsAsciiLetterLower(text[0]) && !OtherThanText.Contains(text);
        foreach (var c in text)
            plain &= char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/';
        return plain ? text : $"\"{text}\"";
    }
}
