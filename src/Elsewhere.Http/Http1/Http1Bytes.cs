using System.Buffers;

namespace Elsewhere.Http.Http1;

/// <summary>The sets of bytes that HTTP/1.1 is made of.</summary>
internal static class Http1Bytes
{
    /// <summary>What ends a line or has no place in one: CTL without HTAB (RFC 9110 section 5.5).</summary>
    internal static readonly SearchValues<byte> Controls = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    /// <summary>tchar (RFC 9110 section 5.6.2).</summary>
    internal static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Visible ASCII without <c>#</c>: browsers send some that RFC 3986 has not, such as <c>|</c>, as they are.</summary>
    internal static readonly SearchValues<byte> Target = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>What a host name is made of here: letters, digits, and the marks of RFC 3986 section 2.3.</summary>
    internal static readonly SearchValues<byte> HostName = SearchValues.Create("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>What stands between the brackets of an IPv6 address, without a zone.</summary>
    internal static readonly SearchValues<byte> BracketedAddress = SearchValues.Create(".:0123456789ABCDEFabcdef"u8);

    internal static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);
}
