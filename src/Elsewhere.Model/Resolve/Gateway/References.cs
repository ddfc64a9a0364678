namespace Elsewhere.Model;

/// <summary>Secrets and ConfigMaps by name and what references to them give, and what AliasPolicies allow.</summary>
internal sealed class References(ClusterView view)
{
    private const string TlsType = "kubernetes.io/tls";
    private Dictionary<ObjectKey, Seq<DataEntry>>? configMaps;
    private Dictionary<ObjectKey, SecretView>? secrets;

    /// <summary>Whether the AliasPolicies let a namespace use an origin.</summary>
    public OriginPermit PermitOf(string inNamespace, OriginView origin) =>
        view.AliasPolicies.IsEmpty ? OriginPermit.Anything : AliasPolicyEvaluator.Evaluate(view.AliasPolicies, inNamespace, origin.Url, origin.Proxy);

    /// <summary>The value of a key; null with the reason if there is none.</summary>
    public SecretBytes? Find(string inNamespace, KeyReference reference, out string? why)
    {
        var key = new ObjectKey(inNamespace, reference.Name);
        if (DataOf(key, reference.Kind) is not { } data)
        {
            why = $"there is no {reference.Kind} '{reference.Name}' in the namespace '{inNamespace}'";
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
