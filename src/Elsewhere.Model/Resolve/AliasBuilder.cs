using System.Net;

namespace Elsewhere.Model;

/// <summary>Makes the aliases of the snapshot.</summary>
internal static class AliasBuilder
{
    /// <summary>One alias per declaration.</summary>
    /// <param name="facts">What was read.</param>
    /// <param name="addresses">Who has which address.</param>
    /// <param name="last">What is there already of those whose slices are the same; null if nothing is.</param>
    public static Alias[] Build(ClusterFacts facts, ServiceAddresses addresses, Alias[]? last)
    {
        if (last is null)
        {
            var all = new Alias[facts.Declarations.Length];
            for (var i = 0; i < all.Length; i++)
                all[i] = Of(i, facts, addresses);
            return all;
        }

        Alias[] aliases = [.. last];
        foreach (var i in facts.Changes!.Touched)
            aliases[i] = Of(i, facts, addresses);
        return aliases;
    }

    private static Alias Of(int index, ClusterFacts facts, ServiceAddresses addresses) => facts.Declarations[index] is { Service: { } service } declaration
        ? OfService(service, declaration, index, facts, addresses)
        : OfResource(facts.Declarations[index].Resource!, facts.Declarations[index], addresses.Of(index), facts.References);

    private static Alias OfService(ServiceView service, Declaration declaration, int index, ClusterFacts facts, ServiceAddresses addresses)
    {
        var (gateway, notes) = (declaration.Gateway, declaration.Notes!);
        var slices = facts.SlicesOf(index);
        var families = service.Headless || service.Type == ServiceType.ExternalName ? Families.Both : addresses.FamiliesOf(index);
        var own = addresses.Of(index);
        var policies = gateway ? facts.References.SpeakingAbout(service.Key.Namespace) : [];
        if (!slices.TryGetOnly(out var only))
            return Make(service, gateway, notes, slices, families, own, facts.References);
        var last = notes.Last;
        if (last is not null && ReferenceEquals(last.Slice, only) && last.Families == families && last.Gateway == gateway && last.Addresses == own && last.Policies == policies)
            return last.Alias;
        var alias = Make(service, gateway, notes, slices, families, own, facts.References);
        notes.Last = new AliasMemory(only, families, gateway, own, policies, alias);
        return alias;
    }

    private static Alias Make(
        ServiceView service, bool gateway, ServiceNotes notes, ClusterFacts.SliceList slices, Families families, Seq<IPAddress> addresses, References references)
    {
        if (service.Type == ServiceType.ExternalName)
        {
            return gateway
                ? ServiceGateway.OfExternalName(service, notes, addresses, references)
                : new Alias(service.Key, notes.Declared, AliasKind.ExternalName, [], notes.Target, [], null, service.Place);
        }

        var ports = new AliasPort[service.Ports.Count];
        for (var p = 0; p < ports.Length; p++)
        {
            var port = service.Ports[p];
            var backends = PortJoin.Backends(port, slices, families);

            // Without the gateway a plain Service behaves as in Kubernetes, which knows no AliasPolicy; of a headless one the clients dial the endpoints.
            if (gateway && !service.Headless)
                backends = references.Permitted(service.Key.Namespace, backends);
            ports[p] = new AliasPort(port.Name, port.Port, port.Protocol, port.AppProtocol, backends);
        }

        return new Alias(
            service.Key,
            notes.Declared,
            service.Headless ? AliasKind.Headless : AliasKind.ClusterIP,
            addresses,
            null,
            Seq.Own(ports),
            service.Headless ? null : service.ClientIPAffinity,
            service.Place,
            gateway && !service.Headless ? ServiceGateway.OfEndpoints(service, ports) : null);
    }

    private static Alias OfResource(AliasView resource, Declaration declaration, Seq<IPAddress> addresses, References references) => resource.Mode switch
    {
        AliasMode.ExternalName => new Alias(
            resource.Key, declaration.Object, AliasKind.ExternalName, [], TargetOf(resource, references), [], null, resource.Place),
        AliasMode.Endpoints or AliasMode.Gateway => new Alias(
            resource.Key,
            declaration.Object,
            AliasKind.ClusterIP,
            addresses,
            null,
            resource.Ports.Select(p => new AliasPort(p.Name, p.Port, p.Protocol, p.AppProtocol, OriginChoice.Backends(resource, p.Protocol, references))).ToSeq(),
            null,
            resource.Place,
            resource.Mode == AliasMode.Gateway ? ResourceGateway.Of(resource, references) : null),
    };

    // Without a target there is no such name, as there is none for an external name that is an address.
    private static DnsName? TargetOf(AliasView resource, References references) =>
        OriginChoice.First(resource) is { } origin && references.PermitOf(resource, origin).IsAllowed ? origin.Url.Host : null;
}
