using System.Buffers;
using System.Globalization;
using Elsewhere.Http.Http1;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Http2;

/// <summary>
/// What a request of HTTP/2 may not hold, since in HTTP/1.1 it would be another request (RFC 9113 sections 8.2.1, 8.2.2 and 8.3.1). Kestrel sees to the order of
/// pseudo-header fields, to small letters and to lengths, but not to the characters of a name.
/// </summary>
internal static class RequestFields
{
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> Controls = SearchValues.Create(
        "\0\x01\x02\x03\x04\x05\x06\a\b\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\e\x1c\x1d\x1e\x1f\x7f");

    private static readonly SearchValues<char> Target = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>What is wrong, as a sentence; null if nothing is.</summary>
    /// <param name="headers">All fields; pseudo-header fields, whose names begin with a colon, are passed over.</param>
    /// <param name="target">The path and query as they came.</param>
    /// <param name="host">What <c>:authority</c> says, or Host.</param>
    /// <param name="limits">How much may be said; lengths are those that the fields would have in HTTP/1.1.</param>
    /// <param name="isTooMuch">Whether what is wrong is that it is too much.</param>
    internal static string? WhatIsWrong(IHeaderDictionary headers, string target, string host, Http1Limits limits, out bool isTooMuch)
    {
        isTooMuch = false;
        if (host.Length == 0)
            return "neither :authority nor Host says who is asked";
        if (target.AsSpan().ContainsAnyExcept(Target) || PathOf(target).Contains('\\') || PathOf(target).Contains("%00", StringComparison.Ordinal))
            return ":path holds a character that no URL has";
        if (WhatIsWrong(headers, out var count, out var length) is { } wrong)
            return wrong;
        isTooMuch = count > limits.Fields || length > limits.Head;
        return !isTooMuch ? null
            : length > limits.Head ? string.Create(CultureInfo.InvariantCulture, $"the fields have {length} bytes; {limits.Head} are the most")
            : string.Create(CultureInfo.InvariantCulture, $"there are {count} fields; {limits.Fields} are the most");
    }

    /// <summary>What is wrong with fields, those behind a body among them, as a sentence; null if nothing is.</summary>
    internal static string? WhatIsWrong(IHeaderDictionary headers) => WhatIsWrong(headers, out _, out _);

    private static string? WhatIsWrong(IHeaderDictionary headers, out int count, out long length)
    {
        (count, length) = (0, 0);
        foreach (var (name, values) in headers)
        {
            if (name.StartsWith(':'))
                continue;
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(Token))
                return "the name of a field is no token";
            if (IsOfOneConnection(name))
                return $"{name} is a field of HTTP/1.1";
            if (HoldsControl(values))
                return $"the value of {name} holds a control character";
            count += values.Count;
            foreach (var value in values)
                length += name.Length + ": \r\n".Length + (value?.Length ?? 0);
        }

        return null;
    }

    private static ReadOnlySpan<char> PathOf(string target) => target.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? target.AsSpan(0, query) : target;

    private static bool IsOfOneConnection(string name) => name.Length switch
    {
        7 => name.Equals("upgrade", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals("connection", StringComparison.OrdinalIgnoreCase) || name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("proxy-connection", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static bool HoldsControl(StringValues values)
    {
        foreach (var value in values)
        {
            if (value.AsSpan().ContainsAny(Controls))
                return true;
        }

        return false;
    }
}
