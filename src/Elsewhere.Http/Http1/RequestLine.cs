namespace Elsewhere.Http.Http1;

/// <summary>Reads a request line (RFC 9112 section 3), without its CRLF and without control characters.</summary>
internal static class RequestLine
{
    /// <summary>The longest method; the longest registered one has 17 letters.</summary>
    internal const int LongestMethod = 32;

    /// <summary>What is wrong with <paramref name="line"/>; nothing if it may pass.</summary>
    /// <param name="line">Method, target and version.</param>
    /// <param name="head">Gets what later lines are held against.</param>
    internal static Http1Refusal Check(ReadOnlySpan<byte> line, RequestHead head)
    {
        var space = line.IndexOf((byte)' ');
        if (space < 0)
            return line.Length > LongestMethod ? Http1Refusal.MethodMalformed : Http1Refusal.RequestLineMalformed;
        var method = line[..space];
        if (method.IsEmpty || method.Length > LongestMethod || method.ContainsAnyExcept(Http1Bytes.Token))
            return Http1Refusal.MethodMalformed;
        var rest = line[(space + 1)..];
        var end = rest.IndexOf((byte)' ');
        if (end <= 0)
            return Http1Refusal.RequestLineMalformed;
        if (VersionOf(rest[(end + 1)..], head) is var wrong and not Http1Refusal.None)
            return wrong;
        head.IsHead = method.SequenceEqual("HEAD"u8);
        head.IsRefusedMethod = method.SequenceEqual("CONNECT"u8) || method.SequenceEqual("TRACE"u8);
        return CheckTarget(rest[..end], method, head);
    }

    /// <summary>What is wrong with a request line that is longer than allowed, by its beginning.</summary>
    internal static Http1Refusal TooLong(ReadOnlySpan<byte> beginning) =>
        beginning[..Math.Min(beginning.Length, LongestMethod + 1)].Contains((byte)' ') ? Http1Refusal.TargetTooLong : Http1Refusal.MethodMalformed;

    private static Http1Refusal VersionOf(ReadOnlySpan<byte> version, RequestHead head)
    {
        if (version.SequenceEqual("HTTP/1.1"u8))
            return Http1Refusal.None;
        if (version.SequenceEqual("HTTP/1.0"u8))
        {
            head.IsOldVersion = true;
            return Http1Refusal.None;
        }

        return version is [(byte)'H', (byte)'T', (byte)'T', (byte)'P', (byte)'/', >= (byte)'0' and <= (byte)'9', (byte)'.', >= (byte)'0' and <= (byte)'9']
            ? Http1Refusal.VersionUnsupported
            : Http1Refusal.VersionMalformed;
    }

    private static Http1Refusal CheckTarget(ReadOnlySpan<byte> target, ReadOnlySpan<byte> method, RequestHead head)
    {
        if (target.ContainsAnyExcept(Http1Bytes.Target))
            return Http1Refusal.TargetMalformed;
        if (target[0] == '/')
            return IsPath(target) ? Http1Refusal.None : Http1Refusal.TargetMalformed;
        if (target is [(byte)'*'])
            return method.SequenceEqual("OPTIONS"u8) ? Http1Refusal.None : Http1Refusal.TargetMalformed;
        if (head.IsRefusedMethod)
            return HostField.IsValid(target) ? Http1Refusal.None : Http1Refusal.TargetMalformed;
        return CheckAbsolute(target, head);
    }

    private static Http1Refusal CheckAbsolute(ReadOnlySpan<byte> target, RequestHead head)
    {
        // Kestrel knows schemes in small letters only, and nobody writes others.
        var secure = target.StartsWith("https://"u8);
        if (!secure && !target.StartsWith("http://"u8))
            return Http1Refusal.TargetMalformed;
        var rest = target[(secure ? 8 : 7)..];
        var end = rest.IndexOfAny((byte)'/', (byte)'?');
        var authority = end < 0 ? rest : rest[..end];
        if (!HostField.IsValid(authority) || (end >= 0 && !IsPath(rest[end..])))
            return Http1Refusal.TargetMalformed;
        head.RememberAuthority(authority, secure);
        return Http1Refusal.None;
    }

    /// <summary>Some read a backslash as a slash, and %00 as the end, so that what one server allows another one opens.</summary>
    private static bool IsPath(ReadOnlySpan<byte> target)
    {
        if (target.IndexOfAny((byte)'\\', (byte)'%') < 0)
            return true;
        var query = target.IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        return !path.Contains((byte)'\\') && path.IndexOf("%00"u8) < 0;
    }
}
