namespace Elsewhere.Model;

/// <summary>Secrets and ConfigMaps by name and what references to them give, and what AliasPolicies allow.</summary>
internal sealed class References(ClusterView view)
{
    private const string TlsType = "kubernetes.io/tls";
    private Dictionary<ObjectKey, Seq<DataEntry>>? configMaps;
    private readonly Dictionary<string, Seq<AliasPolicyView>> speaking = new(StringComparer.Ordinal);
    private Dictionary<ObjectKey, SecretView>? secrets;

    /// <summary>Whether the AliasPolicies let an Alias use an origin: from here, or by its clients where it is a CNAME.</summary>
    public OriginPermit PermitOf(AliasView resource, OriginView origin)
    {
        if (view.AliasPolicies.IsEmpty)
            return OriginPermit.Anything;
        if (resource.Mode == AliasMode.ExternalName)
            return AliasPolicyEvaluator.EvaluateName(view.AliasPolicies, resource.Key.Namespace, origin.Url);
        var proxy = resource.Mode == AliasMode.Gateway && ResourceGateway.IsHttp(origin) ? origin.Proxy : null;
        return AliasPolicyEvaluator.Evaluate(SpeakingAbout(resource.Key.Namespace), origin.Url, proxy, origin.Addresses);
    }

    /// <summary>Whether the AliasPolicies let a Service that asks for the gateway lead to a place.</summary>
    public OriginPermit PermitOf(string inNamespace, Backend backend) => view.AliasPolicies.IsEmpty
        ? OriginPermit.Anything
        : AliasPolicyEvaluator.Evaluate(SpeakingAbout(inNamespace), new OriginUrl(OriginScheme.Tcp, backend.Name, backend.Address, backend.Port, "/"), null, []);

    /// <summary>What is left of the places that a Service leads to, each with the ranges that it may be dialled in.</summary>
    public Seq<Backend> Permitted(string inNamespace, Seq<Backend> backends)
    {
        if (SpeakingAbout(inNamespace).IsEmpty)
            return backends;
        var left = new List<Backend>(backends.Count);
        foreach (var backend in backends)
        {
            if (PermitOf(inNamespace, backend) is { IsAllowed: true } permit)
                left.Add(permit.Within.IsEmpty ? backend : backend with { Within = permit.Within });
        }

        return left.ToSeq();
    }

    /// <summary>The AliasPolicies that have a say in a namespace.</summary>
    public Seq<AliasPolicyView> SpeakingAbout(string inNamespace)
    {
        if (view.AliasPolicies.IsEmpty)
            return [];
        if (!speaking.TryGetValue(inNamespace, out var known))
            speaking.Add(inNamespace, known = AliasPolicyEvaluator.Speaking(view.AliasPolicies, inNamespace));
        return known;
    }

    /// <summary>The value of a key; null with the reason if there is none.</summary>
    public SecretBytes? Find(string inNamespace, KeyReference reference, out string? why)
    {
        var key = new ObjectKey(inNamespace, reference.Name);
        if (DataOf(key, reference.Kind) is not { } data)
        {
            why = $"there is no {reference.Kind} '{reference.Name}' in the namespace '{inNamespace}', which should hold the key '{reference.Key}'";
            return null;
        }

        foreach (var entry in data)
        {
            if (entry.Key != reference.Key)
                continue;
            why = null;
            return entry.Value;
        }

        why = $"the {reference.Kind} '{reference.Name}' has no key '{reference.Key}'";
        return null;
    }

    /// <summary>Certificate and key of a Secret of type <c>kubernetes.io/tls</c>; null with the reason if it is none.</summary>
    public TlsCertificate? FindCertificate(string inNamespace, string name, out string? why)
    {
        var key = new ObjectKey(inNamespace, name);
        var chain = Find(inNamespace, new KeyReference(ReferenceKind.Secret, name, "tls.crt"), out why);
        var privateKey = chain is null ? null : Find(inNamespace, new KeyReference(ReferenceKind.Secret, name, "tls.key"), out why);
        if (privateKey is null)
            return null;
        if (secrets![key].Type != TlsType)
        {
            why = $"the Secret '{name}' is of type {secrets[key].Type}, not {TlsType}";
            return null;
        }

        return new TlsCertificate(key, chain!, privateKey);
    }

    private Seq<DataEntry>? DataOf(ObjectKey key, ReferenceKind kind)
    {
        switch (kind)
        {
            case ReferenceKind.ConfigMap:
                configMaps ??= view.ConfigMaps.ToDictionary(static map => map.Key, static map => map.Data);
                return configMaps.TryGetValue(key, out var data) ? data : null;
            case ReferenceKind.Secret:
                secrets ??= view.Secrets.ToDictionary(static secret => secret.Key);
                return secrets.TryGetValue(key, out var secret) ? secret.Data : null;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }
}
