using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What the origin is told as Host (<c>spec.http.host</c>).</summary>
public enum HostPolicy
{
    /// <summary>The origin's own name.</summary>
    Origin,

    /// <summary>What the client dialled.</summary>
    Alias,

    /// <summary>A text of the user's.</summary>
    Literal,
}

/// <summary>What becomes of <c>Forwarded</c> (RFC 7239) and <c>X-Forwarded-*</c>.</summary>
public enum ForwardedPolicy
{
    /// <summary>
    /// What came with the request goes on, in the origin's terms: its name, its scheme. Nothing is added, since the origin is somebody else's and the names
    /// and addresses inside are nobody's business; and an origin that hears "http" would redirect to https without end.
    /// </summary>
    Mapped,

    /// <summary>All of it is removed.</summary>
    Off,
}

/// <summary>How one alias rewrites, for one client view (the name, scheme and port that were dialled). Compiled once, immutable, shared by all requests.</summary>
public sealed class RewriteRules
{
    /// <summary>Compiles the rules.</summary>
    /// <param name="map">The URL map; its first pair is the alias itself.</param>
    public RewriteRules(UrlMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Pairs.IsEmpty)
            throw new ArgumentException("A map without the alias itself has no rules.", nameof(map));
        Map = map;
        Tag = TagOf(map);
        BasePath = Encoding.UTF8.GetBytes(Self.BasePath);
        OriginHost = Self.Origin.HostAndPort;
    }

    /// <summary>The URL map.</summary>
    public UrlMap Map { get; }

    /// <summary>What the origin calls itself in a Host field.</summary>
    internal string OriginHost { get; }

    /// <summary>What the origin is told as Host.</summary>
    public HostPolicy Host { get; init; } = HostPolicy.Origin;

    /// <summary>The Host of <see cref="HostPolicy.Literal"/>.</summary>
    public string HostLiteral { get; init; } = "";

    /// <summary>What becomes of Forwarded fields.</summary>
    public ForwardedPolicy Forwarded { get; init; } = ForwardedPolicy.Mapped;

    /// <summary>Whether header fields are mapped (<c>rewrite.headers</c>). Host and the request target are, always.</summary>
    public bool Headers { get; init; } = true;

    /// <summary>Whether cookies are (<c>rewrite.cookies</c>).</summary>
    public bool Cookies { get; init; } = true;

    /// <summary>Whether bodies are (<c>rewrite.bodies</c>).</summary>
    public bool Bodies { get; init; } = true;

    internal byte[] BasePath { get; }

    internal UrlPair Self => Map.Pairs[0];

    /// <summary>
    /// Marks the validators of mapped bodies: a short hash of the map, so that a representation made by another map is never taken for this one (R7).
    /// </summary>
    internal byte[] Tag { get; }

    private static byte[] TagOf(UrlMap map)
    {
        var text = new StringBuilder("1\n");
        foreach (var pair in map.Pairs)
            text.Append(CultureInfo.InvariantCulture, $"{pair.Origin} {pair.BasePath} {pair.Client}\n");
        return Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 6)));
    }
}

/// <summary>What of one request and its response the header rules need.</summary>
/// <param name="BodyMayChange"><see cref="BodyDecision.MayChange"/>; for requests without meaning.</param>
/// <param name="Revalidated">Whether the request named a validator of a mapped body (see <see cref="EntityTags.Restore"/>); of a response, whether it is a 304 that speaks of one.</param>
/// <param name="Origin">The page that asks, as its client wrote it into Origin; null where the request has none.</param>
public readonly record struct Exchange(bool BodyMayChange, bool Revalidated = false, string? Origin = null)
{
    /// <summary>Whether what the response says of the origin's bytes would be untrue of the client's.</summary>
    internal bool SpeaksOfOtherBytes => BodyMayChange || Revalidated;
}

/// <summary>What becomes of a field line.</summary>
public enum HeaderVerdict
{
    /// <summary>It goes on as it came; nothing was written.</summary>
    Keep,

    /// <summary>Its new value was written.</summary>
    Replaced,

    /// <summary>It is removed; nothing was written.</summary>
    Dropped,
}
