using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>Accepted Secrets, ConfigMaps and AliasPolicies to their views.</summary>
internal static class ReferenceViewBuilder
{
    /// <summary>The view of a Secret; <c>stringData</c> counts over <c>data</c>, as the API server merges them.</summary>
    public static SecretView Secret(Node root, ObjectKey key, SourcePlace place)
    {
        var data = new SortedDictionary<string, SecretBytes>(StringComparer.Ordinal);
        AddBinary(data, root["data"]);
        AddText(data, root["stringData"]);
        return new SecretView(key, root.Str("type") is { Length: > 0 } type ? type : "Opaque", Entries(data), place);
    }

    /// <summary>The view of a ConfigMap.</summary>
    public static ConfigMapView ConfigMap(Node root, ObjectKey key, SourcePlace place)
    {
        var data = new SortedDictionary<string, SecretBytes>(StringComparer.Ordinal);
        AddText(data, root["data"]);
        AddBinary(data, root["binaryData"]);
        return new ConfigMapView(key, Entries(data), place);
    }

    /// <summary>The view of an AliasPolicy.</summary>
    public static AliasPolicyView AliasPolicy(Node root, ObjectKey key, SourcePlace place)
    {
        var spec = root["spec"];
        var namespaces = spec?.Strings("namespaces") ?? [];
        var rules = (spec?.ListOf("allow") ?? []).Select(static rule => new AliasPolicyRule(
            rule.Strings("hosts").Select(static host => host.ToLowerInvariant()).ToSeq(),
            rule.Strings("cidrs").Select(static text => Cidr.TryParse(text, out var cidr, out _) ? cidr : null).OfType<Cidr>().ToSeq(),
            rule.ListOf("ports").Select(static port => int.Parse(port.Text, System.Globalization.CultureInfo.InvariantCulture)).ToSeq()));
        return new AliasPolicyView(key.Name, namespaces.Contains("*") ? [] : namespaces.ToSeq(), rules.ToSeq(), place);
    }

    // Decoding refused what is no base64 already.
    private static void AddBinary(SortedDictionary<string, SecretBytes> data, Node? map)
    {
        foreach (var (name, value) in map?.Entries ?? [])
            data[name] = new SecretBytes(Convert.FromBase64String(value.Text).ToSeq());
    }

    private static void AddText(SortedDictionary<string, SecretBytes> data, Node? map)
    {
        foreach (var (name, value) in map?.Entries ?? [])
            data[name] = new SecretBytes(Encoding.UTF8.GetBytes(value.Text).ToSeq());
    }

    private static Seq<DataEntry> Entries(SortedDictionary<string, SecretBytes> data) => data.Select(static entry => new DataEntry(entry.Key, entry.Value)).ToSeq();
}
