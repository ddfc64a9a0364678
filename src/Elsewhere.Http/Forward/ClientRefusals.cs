using System.Collections.Concurrent;

namespace Elsewhere.Http.Forward;

/// <summary>How often clients were refused, by code: those of <c>docs/refusals.md</c>. May be used by any thread.</summary>
public sealed class ClientRefusals
{
    /// <summary>More connections than all clients together may have.</summary>
    public const string Connections = "client-connections";

    /// <summary>More connections than one client address may have.</summary>
    public const string ConnectionsPerAddress = "client-connections-per-address";

    /// <summary>A body came too slowly.</summary>
    public const string BodyTooSlow = "client-body-too-slow";

    /// <summary>A response was taken too slowly.</summary>
    public const string ReadsTooSlowly = "client-reads-too-slowly";

    /// <summary>Frames of HTTP/2 that are of no use, or streams that are opened to be reset.</summary>
    public const string Http2Flood = "http2-flood";

    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>The counts so far; a code that did not occur is not among them.</summary>
    public IReadOnlyDictionary<string, long> Counts => counts;

    internal void Count(string code) => counts.AddOrUpdate(code, 1, static (_, count) => count + 1);
}
