using System.Net;

namespace Elsewhere.Model;

/// <summary>
/// How the gateway serves an alias: which of its ports speak HTTP, where they lead, and everything that references named, resolved. Ports of the alias that are not
/// here are relayed.
/// </summary>
/// <param name="Ports">The HTTP ports.</param>
/// <param name="Hostnames">Further names that the gateway answers to, beside the four forms.</param>
/// <param name="Http">Rules for requests and responses.</param>
/// <param name="HealthCheck">How origins are checked; null for not at all.</param>
/// <param name="Certificate">The user's own certificate for clients; null for one of the alias CA.</param>
public sealed record GatewayRoute(
    Seq<GatewayPort> Ports, Seq<DnsName> Hostnames, GatewayHttp Http, HealthCheckView? HealthCheck, TlsCertificate? Certificate)
{
    /// <summary>Whether a TCP port is one of those that the gateway serves.</summary>
    public bool Serves(int port)
    {
        foreach (var own in this.Ports)
        {
            if (own.Port == port)
                return true;
        }

        return false;
    }
}

/// <summary>One HTTP port of an alias.</summary>
/// <param name="Port">1 to 65535: what clients dial.</param>
/// <param name="Secure">Whether clients speak TLS here.</param>
/// <param name="Origins">Where it leads; what is drained is left out.</param>
public sealed record GatewayPort(int Port, bool Secure, Seq<GatewayOrigin> Origins);

/// <summary>One origin of a port.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Priority">Lower first; the next one serves when none of this is healthy.</param>
/// <param name="Weight">Share within a priority, above 0.</param>
/// <param name="Addresses">Dialled instead of what the host's name resolves to; may be empty.</param>
/// <param name="Tls">How TLS is spoken to it; null for plain HTTP.</param>
/// <param name="Proxy">The HTTP CONNECT proxy in between, or null.</param>
/// <param name="PriorKnowledge">Whether plain HTTP is spoken as HTTP/2 from the first byte (<c>appProtocol: kubernetes.io/h2c</c>).</param>
/// <param name="Within">The ranges that an AliasPolicy lets it be dialled in; empty for any.</param>
public sealed record GatewayOrigin(
    OriginUrl Url,
    int Priority,
    int Weight,
    Seq<IPAddress> Addresses,
    OriginTls? Tls,
    OriginUrl? Proxy,
    bool PriorKnowledge = false,
    Seq<Cidr> Within = default);

/// <summary>How TLS is spoken to an origin.</summary>
/// <param name="ServerName">The name or address that is verified, and asked for if it is a name.</param>
/// <param name="CaCertificates">Who may have signed; null for the system's trust store.</param>
/// <param name="ClientCertificate">What we show, or null.</param>
/// <param name="Minimum">The lowest version.</param>
/// <param name="Verify">Whether the certificate is verified.</param>
public sealed record OriginTls(string ServerName, CaBundle? CaCertificates, TlsCertificate? ClientCertificate, TlsMinimum Minimum, bool Verify)
{
    /// <summary>The same without what its references lead to: equal for what the same objects gave at any time, and never for what others gave.</summary>
    public OriginTls WithoutContents() => this with
    {
        CaCertificates = this.CaCertificates is null ? null : this.CaCertificates with { Certificates = SecretBytes.Empty, Missing = null },
        ClientCertificate = this.ClientCertificate is null
            ? null
            : this.ClientCertificate with { Chain = SecretBytes.Empty, PrivateKey = SecretBytes.Empty, Missing = null },
    };
}

/// <summary>The CA certificates that a key of a ConfigMap or a Secret holds.</summary>
/// <param name="Namespace">The namespace of the object.</param>
/// <param name="Reference">The object and the key.</param>
/// <param name="Certificates">PEM.</param>
/// <param name="Missing">Why there is nothing to read: no such object, or no such key; null if there is.</param>
public sealed record CaBundle(string Namespace, KeyReference Reference, SecretBytes Certificates, string? Missing = null)
{
    /// <summary><c>ConfigMap shop/payments-ca</c>.</summary>
    public override string ToString() => $"{this.Reference.Kind} {this.Namespace}/{this.Reference.Name}";
}

/// <summary>A certificate and its key, as a Secret of type <c>kubernetes.io/tls</c> holds them.</summary>
/// <param name="Secret">The Secret.</param>
/// <param name="Chain">PEM, the leaf first.</param>
/// <param name="PrivateKey">PEM.</param>
/// <param name="Missing">Why there is nothing to read: no such Secret, not its type, or no such key; null if there is.</param>
public sealed record TlsCertificate(ObjectKey Secret, SecretBytes Chain, SecretBytes PrivateKey, string? Missing = null)
{
    /// <summary>One that a reference names and that is not there: what was there before goes on serving.</summary>
    /// <param name="secret">The Secret.</param>
    /// <param name="why">Why not.</param>
    public static TlsCertificate NotThere(ObjectKey secret, string why) => new(secret, SecretBytes.Empty, SecretBytes.Empty, why);
}

/// <summary>Rules for requests and responses; <see cref="HttpView"/> with its references resolved.</summary>
/// <param name="Host">What the origin is told as Host.</param>
/// <param name="HostLiteral">The Host of <see cref="HostRule.Literal"/>; empty otherwise.</param>
/// <param name="Rewrite">What is mapped.</param>
/// <param name="SetHeaders">Request fields that replace what the client sent.</param>
/// <param name="AddHeaders">Request fields that are added.</param>
/// <param name="RemoveHeaders">Request fields that are removed.</param>
/// <param name="Timeouts">Time-outs.</param>
/// <param name="Retries">Retries.</param>
/// <param name="RateLimit">Limits.</param>
public sealed record GatewayHttp(
    HostRule Host,
    string HostLiteral,
    RewriteView Rewrite,
    Seq<GatewayHeader> SetHeaders,
    Seq<GatewayHeader> AddHeaders,
    Seq<string> RemoveHeaders,
    TimeoutsView Timeouts,
    RetriesView Retries,
    RateLimitView RateLimit);

/// <summary>A request field for the origin.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; treated as a secret wherever it comes from, and sent to the alias' own origins only.</param>
public sealed record GatewayHeader(string Name, SecretBytes Value);
