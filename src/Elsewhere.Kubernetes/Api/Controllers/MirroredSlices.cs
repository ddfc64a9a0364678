using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>The slices of an Endpoints object, as objects without a name of their own yet.</summary>
internal static class MirroredSlices
{
    private static readonly string[] NotCopied = ["kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time", FileObjects.PlaceAnnotation];

    /// <summary>The slices; none if the object is not mirrored.</summary>
    /// <param name="endpoints">The object.</param>
    /// <param name="service">Its Service.</param>
    /// <param name="leftOut">How many addresses are in none of them, being too many.</param>
    public static List<Node> Of(StoredObject endpoints, StoredObject service, out int leftOut)
    {
        var tree = endpoints.Parse();
        var place = new SourcePlace("", 0, 0);
        var view = (EndpointsView)ViewBuilder.Build(ApiKind.Endpoints, tree, endpoints.Key, place)!;
        var of = (ServiceView)ViewBuilder.Build(ApiKind.Service, service.Parse(), service.Key, place)!;
        var mirror = EndpointsMirror.Of(view, of);
        var slices = new List<Node>();
        leftOut = mirror.Notes?.AddressesLeftOut ?? 0;
        if (mirror.Verdict != MirrorVerdict.Mirrored)
            return slices;
        var addresses = AddressesOf(tree);
        foreach (var slice in mirror.Slices)
            slices.Add(Make(endpoints.Key, tree, slice, addresses));
        return slices;
    }

    private static Dictionary<string, Node> AddressesOf(Node tree)
    {
        var addresses = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (var subset in tree.ListOf("subsets"))
        {
            foreach (var address in subset.ListOf("addresses").Concat(subset.ListOf("notReadyAddresses")))
            {
                if (IPText.TryParse(address.Str("ip"), out var ip))
                    addresses.TryAdd(ip.ToString(), address);
            }
        }

        return addresses;
    }

    private static Node Make(ObjectKey owner, Node tree, EndpointSliceView slice, Dictionary<string, Node> addresses)
    {
        var metadata = Node.Map();
        metadata.Set("generateName", Node.String(owner.Name + "-"));
        metadata.Set("namespace", Node.String(owner.Namespace));
        metadata.Set("labels", Labels(owner, tree["metadata"]!["labels"]));
        if (Annotations(tree["metadata"]!["annotations"]) is { Entries.Count: > 0 } annotations)
            metadata.Set("annotations", annotations);
        metadata.Set("ownerReferences", Owner(owner, tree));
        var endpoints = Node.List();
        foreach (var endpoint in slice.Endpoints)
            endpoints.Items.Add(Endpoint(endpoint, addresses[endpoint.Addresses[0].ToString()]));
        var next = Node.Map();
        next.Set("kind", Node.String(ApiKind.EndpointSlice.Kind));
        next.Set("apiVersion", Node.String(ApiKind.EndpointSlice.ApiVersion));
        next.Set("metadata", metadata);
        next.Set("addressType", Node.String(slice.AddressType == AddressType.IPv6 ? "IPv6" : "IPv4"));
        next.Set("endpoints", endpoints);
        next.Set("ports", Ports(slice));
        return Decoder.Decode(next, ApiKind.EndpointSlice.Schema).Object!;
    }

    private static Node Labels(ObjectKey owner, Node? own)
    {
        var labels = own?.Copy() ?? Node.Map();
        // Not the controller's: it says what the Service is.
        labels.Remove("service.kubernetes.io/headless");
        labels.Set("endpointslice.kubernetes.io/managed-by", Node.String(EndpointsMirror.ManagedBy));
        labels.Set("kubernetes.io/service-name", Node.String(owner.Name));
        return labels;
    }

    private static Node? Annotations(Node? own)
    {
        var annotations = own?.Copy();
        foreach (var name in NotCopied)
            annotations?.Remove(name);
        return annotations;
    }

    private static Node Owner(ObjectKey owner, Node tree)
    {
        var reference = Node.Map();
        reference.Set("apiVersion", Node.String("v1"));
        reference.Set("kind", Node.String("Endpoints"));
        reference.Set("name", Node.String(owner.Name));
        reference.Set("uid", Node.String(tree["metadata"]!.Str("uid")));
        reference.Set("controller", Node.Bool(true));
        reference.Set("blockOwnerDeletion", Node.Bool(true));
        var list = Node.List();
        list.Items.Add(reference);
        return list;
    }

    private static Node Endpoint(EndpointView view, Node address)
    {
        var endpoint = Node.Map();
        endpoint.Set("addresses", Node.List([view.Addresses[0].ToString()]));
        var conditions = Node.Map();
        conditions.Set("ready", Node.Bool(view.IsReady));
        endpoint.Set("conditions", conditions);
        if (view.Hostname.Length > 0)
            endpoint.Set("hostname", Node.String(view.Hostname));
        foreach (var field in (ReadOnlySpan<string>)["targetRef", "nodeName"])
        {
            if (address[field] is { } value)
                endpoint.Set(field, value);
        }

        return endpoint;
    }

    private static Node Ports(EndpointSliceView slice)
    {
        if (slice.Ports.IsEmpty)
            return Node.Null();
        var ports = Node.List();
        foreach (var view in slice.Ports)
        {
            var port = Node.Map();
            port.Set("name", Node.String(view.Name ?? ""));
            port.Set("protocol", Node.String(view.Protocol switch { Protocol.Tcp => "TCP", Protocol.Udp => "UDP", Protocol.Sctp => "SCTP" }));
            if (view.Port is { } number)
                port.Set("port", Node.Number(number));
            if (view.AppProtocol.Length > 0)
                port.Set("appProtocol", Node.String(view.AppProtocol));
            ports.Items.Add(port);
        }

        return ports;
    }
}
