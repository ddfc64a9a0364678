using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

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

    /// <summary>Whether a name is an element of a comma-separated field; parameters of the elements do not count.</summary>
    public static bool IsListed(StringValues field, string name)
    {
        if (field.Count == 0)
            return false;
        foreach (var line in field)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var item = line.AsSpan()[range];
                var parameters = item.IndexOf(';');
                if ((parameters < 0 ? item : item[..parameters]).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
