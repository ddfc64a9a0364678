using System.Globalization;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>Who an origin is, whatever its weight, its priority and its base path: connections to equal keys are interchangeable.</summary>
/// <param name="Scheme">The scheme.</param>
/// <param name="Host">The name, or null if it is an address.</param>
/// <param name="Literal">The address, or null if it is a name.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Tls">How TLS is spoken to it; null for plain HTTP.</param>
/// <param name="Proxy">The HTTP CONNECT proxy in between, or null.</param>
/// <param name="PriorKnowledge">Whether HTTP/2 is spoken in clear from the first byte.</param>
/// <param name="Behind">The addresses that the proxy is asked for, the first that may be dialled; empty for the name.</param>
public sealed record OriginKey(
    OriginScheme Scheme, DnsName? Host, IPAddress? Literal, int Port, OriginTls? Tls, OriginUrl? Proxy, bool PriorKnowledge = false, Seq<IPAddress> Behind = default)
{
    /// <summary>The key of an origin.</summary>
    public static OriginKey Of(GatewayOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return new OriginKey(origin.Url.Scheme, origin.Url.Host, origin.Url.Address, origin.Url.Port, origin.Tls, origin.Proxy, origin.PriorKnowledge, origin.Proxy is null ? [] : origin.Addresses);
    }

    /// <summary>Its name or its address, as messages show it.</summary>
    public string HostText => this.Host?.ToHostString() ?? this.Literal?.ToString() ?? "";

    /// <summary>What a proxy is asked for by address; empty without a proxy, and where it is asked for the name.</summary>
    public Seq<IPAddress> AskedFor => this.Proxy is null ? [] : !this.Behind.IsEmpty ? this.Behind : this.Literal is { } literal ? [literal] : [];

    /// <summary>The port that is dialled: the proxy's where there is one.</summary>
    public int DialledPort => this.Proxy?.Port ?? this.Port;

    /// <summary>The origin as a URL without its path; says nothing about TLS and secrets.</summary>
    public override string ToString()
    {
        var host = this.Literal is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } ? $"[{this.HostText}]" : this.HostText;
        return string.Create(CultureInfo.InvariantCulture, $"{this.Scheme.ToString().ToLowerInvariant()}://{host}:{this.Port}");
    }
}

/// <summary>One address of one origin, under one health check: what has one state for all aliases that lead there (U11).</summary>
/// <param name="Origin">The origin.</param>
/// <param name="Address">What is dialled, never an IPv4-mapped IPv6 address: the origin's address, or the proxy's where there is one.</param>
/// <param name="Check">How it is checked, or null.</param>
public sealed record AddressKey(OriginKey Origin, IPAddress Address, HealthCheckView? Check)
{
    /// <summary>What is dialled.</summary>
    public IPEndPoint EndPoint => new(this.Address, this.Origin.DialledPort);

    /// <summary><c>https://api.example:443 at 203.0.113.7:443</c>.</summary>
    public override string ToString() => $"{this.Origin} at {this.EndPoint}";
}
