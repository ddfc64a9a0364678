using System.Buffers;

namespace Elsewhere.Http.Forward;

/// <summary>What may be written as a field line without a server's checks.</summary>
internal static class FieldText
{
    private static readonly SearchValues<char> token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Whether it is a token (RFC 9110 section 5.6.2).</summary>
    public static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(token);

    /// <summary>Whether it is Latin-1 without control characters other than the tab (RFC 9110 section 5.5).</summary>
    public static bool IsValue(string value)
    {
        foreach (var character in value)
        {
            if (character is (< ' ' and not '\t') or '\x7f' or > '\xff')
                return false;
        }

        return true;
    }
}
