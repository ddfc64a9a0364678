using System.Collections.Frozen;

namespace Elsewhere.Http.Forward;

/// <summary>Fields that belong to one connection and never go on (RFC 9110 section 7.6.1), and those that the framework writes itself.</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Connection = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "TE",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Requests = Connection.Concat(["Proxy-Authorization", "Expect"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Responses = Connection.Concat(["Proxy-Authenticate"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsRequestField(string name) => Requests.Contains(name);

    public static bool IsResponseField(string name) => Responses.Contains(name);
}
