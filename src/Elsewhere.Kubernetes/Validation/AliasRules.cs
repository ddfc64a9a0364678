using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>elsewhere.dev/v1alpha1/Alias</c>: the fields of every mode, whether this process uses them or not.</summary>
internal static class AliasRules
{
    private const int MostOrigins = 16;
    private static readonly FieldPath Spec = FieldPath.Of("spec");

    /// <summary>Validates an Alias.</summary>
    public static void Validate(FieldErrors errors, Node root)
    {
        // The alias becomes a label of DNS names, as a Service's name does.
        MetaRules.Create(errors, root["metadata"]!, true, NameRules.Label);
        var spec = root["spec"]!;
        var origins = spec.ListOf("origins");
        if (origins.Count == 0)
            errors.Required(Spec.Child("origins"), "must have at least one origin");
        if (origins.Count > MostOrigins)
            errors.TooMany(Spec.Child("origins"), origins.Count, MostOrigins);
        var urls = new List<OriginUrl>();
        for (var i = 0; i < origins.Count; i++)
            Origin(errors, Spec.Child("origins").At(i), origins[i], urls);
        Mode(errors, spec, urls);
        Ports(errors, Spec.Child("ports"), spec.ListOf("ports"));
        var hostnames = spec.Strings("hostnames");
        for (var i = 0; i < hostnames.Count; i++)
        {
            if (!NameRules.IsHostName(hostnames[i]))
                errors.Invalid(Spec.Child("hostnames").At(i), hostnames[i], "must be a DNS name");
        }

        if (spec["tls"]?["certificate"] is { } certificate)
        {
            var at = Spec.Child("tls").Child("certificate").Child("secretRef");
            if (certificate["secretRef"] is { } secret)
                Reference(errors, at, secret, false);
            else
                errors.Required(at, "must name a Secret of type kubernetes.io/tls");
        }

        if (spec["http"] is { } http)
            AliasHttpRules.Validate(errors, Spec.Child("http"), http);
        if (spec["healthCheck"] is { } check)
            AliasHttpRules.HealthCheck(errors, Spec.Child("healthCheck"), check);
    }

    /// <summary>One of some words, or nothing.</summary>
    public static void OneOf(FieldErrors errors, FieldPath path, string value, params ReadOnlySpan<string> words)
    {
        if (value.Length > 0 && !words.Contains(value))
            errors.NotSupported(path, value, words);
    }

    /// <summary>A reference to a key of a ConfigMap or a Secret.</summary>
    public static void Reference(FieldErrors errors, FieldPath path, Node? reference, bool needsKey)
    {
        if (reference is null)
            return;
        var name = reference.Str("name");
        if (name.Length == 0)
            errors.Required(path.Child("name"));
        else
            MetaRules.Invalid(errors, path.Child("name"), name, NameRules.Subdomain(name));
        if (needsKey && reference.Str("key").Length == 0)
            errors.Required(path.Child("key"));
    }

    private static void Origin(FieldErrors errors, FieldPath path, Node origin, List<OriginUrl> urls)
    {
        var url = origin.Str("url");
        OriginUrl? parsed = null;
        if (url.Length == 0)
            errors.Required(path.Child("url"));
        else if (OriginUrls.TryParse(url, out parsed, out var why))
            urls.Add(parsed);
        else
            errors.Invalid(path.Child("url"), url, why);
        if (origin.Int("priority") < 0)
            errors.Invalid(path.Child("priority"), origin.Int("priority"), "must not be negative");
        if (origin.Has("weight") && origin.Int("weight") is < 0 or > 1_000_000)
            errors.Invalid(path.Child("weight"), origin.Int("weight"), "must be between 0 and 1000000, inclusive");
        var addresses = origin.Strings("addresses");
        for (var i = 0; i < addresses.Count; i++)
        {
            if (!IPText.TryParse(addresses[i], out _))
                errors.Invalid(path.Child("addresses").At(i), addresses[i], "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }

        if (origin["tls"] is { } tls)
            Tls(errors, path.Child("tls"), tls, parsed);
        if (origin.Str("proxy") is { Length: > 0 } proxy
            && (!OriginUrls.TryParse(proxy, out var through, out _) || through.Scheme != OriginScheme.Http || through.BasePath != "/"))
            errors.Invalid(path.Child("proxy"), proxy, "must be http://host:port");
    }

    private static void Tls(FieldErrors errors, FieldPath path, Node tls, OriginUrl? url)
    {
        if (url is { Scheme: OriginScheme.Http or OriginScheme.Tcp or OriginScheme.Udp })
            errors.Forbidden(path, "may only be set for https and tls origins");
        if (tls.Str("serverName") is { Length: > 0 } name && !NameRules.IsHostName(name))
            errors.Invalid(path.Child("serverName"), name, "must be a DNS name");
        OneOf(errors, path.Child("minimumVersion"), tls.Str("minimumVersion"), "1.2", "1.3");
        if (tls["caCertificates"] is { } ca)
        {
            var at = path.Child("caCertificates");
            if (ca.Has("configMapRef") == ca.Has("secretRef") && ca.Entries.Count > 0)
                errors.Forbidden(at, "may have only one of `configMapRef` and `secretRef`");
            Reference(errors, at.Child("configMapRef"), ca["configMapRef"], true);
            Reference(errors, at.Child("secretRef"), ca["secretRef"], true);
        }

        if (tls["clientCertificate"] is { Entries.Count: > 0 } client)
            Reference(errors, path.Child("clientCertificate").Child("secretRef"), client["secretRef"], false);
    }

    private static void Mode(FieldErrors errors, Node spec, List<OriginUrl> urls)
    {
        var mode = spec.Str("mode");
        OneOf(errors, Spec.Child("mode"), mode, "Endpoints", "ExternalName", "Gateway");
        if (mode != "ExternalName")
            return;
        if (spec.ListOf("origins").Count > 1)
            errors.Invalid(Spec.Child("mode"), mode, "must have exactly one origin: a CNAME has one target");
        if (urls.Count > 0 && urls[0].Host is null)
            errors.Invalid(Spec.Child("origins").At(0).Child("url"), spec.ListOf("origins")[0].Str("url"), "must name a host by its DNS name in mode ExternalName: a CNAME cannot be an address");
    }

    private static void Ports(FieldErrors errors, FieldPath path, List<Node> ports)
    {
        var names = new HashSet<string>();
        var numbers = new HashSet<(string, long)>();
        for (var i = 0; i < ports.Count; i++)
        {
            var (at, port) = (path.At(i), ports[i]);
            var name = port.Str("name");
            if (name.Length == 0 && ports.Count > 1)
                errors.Required(at.Child("name"));
            if (name.Length > 0)
                MetaRules.Invalid(errors, at.Child("name"), name, NameRules.Label(name));
            if (name.Length > 0 && !names.Add(name))
                errors.Duplicate(at.Child("name"), name);
            PortRules.Number(errors, at.Child("port"), port.Int("port"));
            OneOf(errors, at.Child("protocol"), port.Str("protocol"), "SCTP", "TCP", "UDP");
            if (!numbers.Add((port.Str("protocol"), port.Int("port"))))
                errors.DuplicateRaw(at.Child("port"), port.Int("port").ToString(CultureInfo.InvariantCulture));
            if (port.Str("appProtocol") is { Length: > 0 } app)
                MetaRules.Invalid(errors, at.Child("appProtocol"), app, NameRules.Qualified(app));
        }
    }
}
