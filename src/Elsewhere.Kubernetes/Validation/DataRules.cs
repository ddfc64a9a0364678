using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of Secrets and ConfigMaps (K8S <c>pkg/apis/core/validation/validation.go</c>, <c>ValidateSecret</c> and <c>ValidateConfigMap</c>).</summary>
internal static class DataRules
{
    private const int MaxBytes = 1024 * 1024;
    private const string Fixed = "field is immutable when `immutable` is set";
    private static readonly FieldPath Data = FieldPath.Of("data");

    /// <summary>Moves <c>stringData</c> into <c>data</c>, over what is there: clients write it and never get it back (<c>Convert_v1_Secret_To_core_Secret</c>).</summary>
    public static void Merge(Node root)
    {
        if (root["stringData"] is not { } texts)
            return;
        root.Remove("stringData");
        if (texts.Entries.Count == 0)
            return;
        var merged = new SortedDictionary<string, Node>(StringComparer.Ordinal);
        foreach (var (key, value) in root["data"]?.Entries ?? [])
            merged[key] = value;
        foreach (var (key, value) in texts.Entries)
            merged[key] = Node.String(Convert.ToBase64String(Encoding.UTF8.GetBytes(value.Text)), value.Line);
        var data = Node.Map(texts.Line, merged.Count);
        data.Entries.AddRange(merged);
        root.Set("data", data);
    }

    /// <summary>The rules of a Secret.</summary>
    public static void Secret(FieldErrors errors, Node root)
    {
        MetaRules.Create(errors, root["metadata"]!, true, NameRules.Subdomain);
        var entries = root["data"]?.Entries ?? [];
        foreach (var (key, _) in entries)
            MetaRules.Invalid(errors, Data.Key(key), key, NameRules.ConfigKey(key));
        if (entries.Sum(static entry => BytesOf(entry.Value)) > MaxBytes)
            errors.TooLong(Data, MaxBytes);
        OfType(errors, root);
    }

    /// <summary>The rules of a ConfigMap.</summary>
    public static void ConfigMap(FieldErrors errors, Node root)
    {
        MetaRules.Create(errors, root["metadata"]!, true, NameRules.Subdomain);
        var (texts, binaries) = (root["data"]?.Entries ?? [], root["binaryData"]?.Entries ?? []);
        foreach (var (key, _) in texts)
        {
            MetaRules.Invalid(errors, Data.Key(key), key, NameRules.ConfigKey(key));
            if (binaries.Exists(entry => entry.Key == key))
                errors.Invalid(Data.Key(key), key, "duplicate of key present in binaryData");
        }

        foreach (var (key, _) in binaries)
            MetaRules.Invalid(errors, FieldPath.Of("binaryData").Key(key), key, NameRules.ConfigKey(key));
        if (texts.Sum(static entry => (long)Encoding.UTF8.GetByteCount(entry.Value.Text)) + binaries.Sum(static entry => BytesOf(entry.Value)) > MaxBytes)
            errors.TooLong(FieldPath.Of("[]"), MaxBytes);
    }

    /// <summary>What may not change: a Secret's type, and everything once <c>immutable</c> is set.</summary>
    public static void Compare(FieldErrors errors, ApiKind kind, Node root, Node old)
    {
        if (kind == ApiKind.Secret && root.Str("type") != old.Str("type"))
            errors.Invalid(FieldPath.Of("type"), Node.String(root.Str("type")), "field is immutable");
        if (!old.IsTrue("immutable"))
            return;
        if (!root.IsTrue("immutable"))
            errors.Forbidden(FieldPath.Of("immutable"), Fixed);
        foreach (var field in (ReadOnlySpan<string>)["data", "binaryData"])
        {
            if (!Node.Same(root[field], old[field]))
                errors.Forbidden(FieldPath.Of(field), Fixed);
        }
    }

    private static void OfType(FieldErrors errors, Node root)
    {
        var data = root["data"];
        switch (root.Str("type"))
        {
            case "kubernetes.io/service-account-token":
                const string account = "kubernetes.io/service-account.name";
                if (root["metadata"]!["annotations"] is not { } annotations || annotations.Str(account).Length == 0)
                    errors.Required(FieldPath.Of("metadata").Child("annotations").Key(account));
                break;
            case "kubernetes.io/dockercfg":
                Json(errors, data, ".dockercfg");
                break;
            case "kubernetes.io/dockerconfigjson":
                Json(errors, data, ".dockerconfigjson");
                break;
            case "kubernetes.io/basic-auth" when data?.Has("username") is not true && data?.Has("password") is not true:
                errors.Required(Data.Key("username"));
                errors.Required(Data.Key("password"));
                break;
            case "kubernetes.io/ssh-auth" when data is null || data.Str("ssh-privatekey").Length == 0:
                errors.Required(Data.Key("ssh-privatekey"));
                break;
            case "kubernetes.io/tls":
                foreach (var key in (ReadOnlySpan<string>)["tls.crt", "tls.key"])
                {
                    if (data?.Has(key) is not true)
                        errors.Required(Data.Key(key));
                }

                break;
        }
    }

    private static void Json(FieldErrors errors, Node? data, string key)
    {
        if (data?[key] is not { } value)
        {
            errors.Required(Data.Key(key));
            return;
        }

        var json = JsonText.Read(Convert.FromBase64String(value.Text));
        var complaint = json.Error ?? json.Root!.Kind switch
        {
            NodeKind.Map or NodeKind.Null => null,
            NodeKind.List => Unfitting("array"),
            NodeKind.String => Unfitting("string"),
            NodeKind.Number => Unfitting("number"),
            _ => Unfitting("bool"),
        };
        if (complaint is not null)
            errors.Invalid(Data.Key(key), "<secret contents redacted>", complaint);
    }

    private static string Unfitting(string what) => $"json: cannot unmarshal {what} into Go value of type map[string]interface {{}}";

    private static long BytesOf(Node base64) => Convert.FromBase64String(base64.Text).Length;
}
