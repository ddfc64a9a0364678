using System.Net;
using Elsewhere.Http.Http2;

namespace Elsewhere.Http.Forward;

/// <summary>The codes of what a client is cut off for that is not in its request (<c>docs/refusals.md</c>); counted by <see cref="RequestFaults"/>.</summary>
public static class ClientRefusals
{
    /// <summary>More connections than all clients together may have.</summary>
    public const string Connections = "client-connections";

    /// <summary>More connections than one client address may have.</summary>
    public const string ConnectionsPerAddress = "client-connections-per-address";

    /// <summary>A body came too slowly.</summary>
    public const string BodyTooSlow = "client-body-too-slow";

    /// <summary>A response was taken too slowly.</summary>
    public const string ReadsTooSlowly = WatchedConnection.ReadsTooSlowly;

    /// <summary>A response was not taken at all.</summary>
    public const string TakesNothing = "client-takes-nothing";

    /// <summary>Frames of HTTP/2 that are of no use, or streams that are opened to be reset.</summary>
    public const string Http2Flood = WatchedConnection.Flood;

    /// <summary>What breaks a rule of HTTP/2 or of HPACK, or a head that is larger than it may be.</summary>
    public const string Http2Malformed = WatchedConnection.Malformed;
}

/// <summary>Told of a client that was refused before its request reached an origin, or cut off on the way.</summary>
/// <param name="code">The code of <c>docs/refusals.md</c>.</param>
/// <param name="dialled">The service address and port; null where that is not known.</param>
/// <param name="client">The client; null where that is not known.</param>
internal delegate void ClientRefused(string code, EndPoint? dialled, EndPoint? client);
