using System.Buffers;
using Elsewhere.Model;

namespace Elsewhere.Http.Rewrite;

/// <summary>Which way a URL is mapped.</summary>
public enum UrlDirection
{
    /// <summary>What the origin wrote, for the client: responses.</summary>
    ToClient,

    /// <summary>What the client wrote, for the origin: requests.</summary>
    ToOrigin,
}

/// <summary>
/// The URL map of one alias as one client sees it: under the name, scheme and port that this client dialled. Compiled once, immutable.
/// It works on parsed hosts and never on text: <c>notapi.example</c> and <c>api.example.org</c> are other hosts.
/// </summary>
/// <remarks>
/// <para>A pair fits a URL whose scheme and port are the pair's. Where both are the default of their scheme, <c>http://host</c> also fits a pair of
/// <c>https://host</c> and the other way round: they are one site, and the client has but one way to it.</para>
/// <para>A URL that already is what this map makes stays as it is, so that mapping twice gives what mapping once gives (R14).</para>
/// <para>A URL of the origin outside of its base path cannot be reached through the alias and stays as it is.</para>
/// </remarks>
public sealed class UrlMap
{
    private UrlMap(Seq<UrlPair> pairs, UrlTable toClient, UrlTable toOrigin, Seq<UrlPair> ambiguous)
    {
        Pairs = pairs;
        ToClient = toClient;
        ToOrigin = toOrigin;
        Ambiguous = ambiguous;
    }

    /// <summary>What it was compiled from; the first pair is the alias itself.</summary>
    public Seq<UrlPair> Pairs { get; }

    /// <summary>Pairs whose origin is also the client's name of something in this map: their URLs are left alone, since nobody can tell which is meant.</summary>
    public Seq<UrlPair> Ambiguous { get; }

    internal UrlTable ToClient { get; }

    internal UrlTable ToOrigin { get; }

    /// <summary>Compiles a map.</summary>
    /// <param name="pairs">
    /// The alias itself first, then further names of it, then other aliases that the namespace can reach. Where one origin has several client
    /// names, responses use the first; requests are mapped from any.
    /// </param>
    public static UrlMap Compile(Seq<UrlPair> pairs)
    {
        var clients = pairs.Select(p => p.Client).ToHashSet();
        var ambiguous = pairs.Where(p => p.Origin != p.Client && clients.Contains(p.Origin)).ToSeq();
        return new UrlMap(
            pairs,
            UrlTable.Compile(pairs.Select(p => new UrlEntry(p.Origin, p.BasePath, p.Client, ""))),
            UrlTable.Compile(pairs.Select(p => new UrlEntry(p.Client, "", p.Origin, p.BasePath))),
            ambiguous);
    }

    /// <summary>Maps one absolute or protocol-relative URL, as a header field carries it. User information, path, query and fragment stay.</summary>
    /// <param name="url">The URL and nothing else.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="output">Gets the mapped URL; nothing is written where this returns false.</param>
    /// <returns>False where the URL stays as it is: it is relative, of another scheme or of a host that is not in the map.</returns>
    public bool TryMapUrl(ReadOnlySpan<byte> url, UrlDirection direction, IBufferWriter<byte> output) => TableOf(direction).TryMap(url, output);

    internal UrlTable TableOf(UrlDirection direction) => direction switch
    {
        UrlDirection.ToClient => ToClient,
        UrlDirection.ToOrigin => ToOrigin,
    };
}
