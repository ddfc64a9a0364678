using System.Collections.Frozen;

namespace Elsewhere.Http.Forward;

/// <summary>Fields that belong to one connection and never go on (RFC 9110 section 7.6.1), and those that the framework writes itself.</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Connection = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "TE",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Requests = Connection.Concat(["Expect"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a field of a request stays here. Proxy is none of HTTP, and programs of CGI take it for a setting of their own (CVE-2016-5385).</summary>
    public static bool IsRequestField(string name) => Requests.Contains(name) || IsForProxy(name);

    /// <summary>Whether a field of a response stays here. What proxies behind us say of the way is for everybody (RFC 9209 section 2).</summary>
    public static bool IsResponseField(string name) =>
        Connection.Contains(name) || (IsForProxy(name) && !name.Equals("Proxy-Status", StringComparison.OrdinalIgnoreCase));

    private static bool IsForProxy(string name) =>
        name.Length >= 5 && name.StartsWith("Proxy", StringComparison.OrdinalIgnoreCase) && (name.Length == 5 || name[5] == '-');
}
