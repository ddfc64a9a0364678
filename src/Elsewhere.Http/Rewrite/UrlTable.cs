using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>One direction of one pair.</summary>
internal sealed record UrlEntry(WebAuthority From, string FromPath, WebAuthority To, string ToPath)
{
    internal byte[] FromPathBytes { get; } = Encoding.UTF8.GetBytes(FromPath);

    internal byte[] ToPathBytes { get; } = Encoding.UTF8.GetBytes(ToPath);

    internal byte[] ToHostBytes { get; } = Encoding.UTF8.GetBytes(To.Host);

    /// <summary>The port's digits; empty where the scheme implies it.</summary>
    internal byte[] ToPortBytes { get; } = To.HasDefaultPort ? [] : Encoding.UTF8.GetBytes(To.Port.ToString(CultureInfo.InvariantCulture));
}

/// <summary>All entries of one host, the longest base path first.</summary>
internal sealed class UrlHost(UrlEntry[] entries, WebAuthority[] settled)
{
    internal UrlEntry[] Entries => entries;

    /// <summary>Whether a URL is already what the table makes, and so must stay (R14).</summary>
    internal bool IsSettled(in UrlShape shape, bool relativeToSecure)
    {
        foreach (var authority in settled)
        {
            var secure = shape.HasScheme ? shape.Secure : relativeToSecure;
            if (authority.Secure == secure && authority.Port == (shape.Port == 0 ? WebAuthority.DefaultPort(secure) : shape.Port))
                return true;
        }

        return false;
    }
}

/// <summary>What of a URL decides on its entry, beside the host and the path.</summary>
/// <param name="HasScheme">False for a protocol-relative URL.</param>
/// <param name="Secure">https or wss.</param>
/// <param name="Port">0 where none is written.</param>
internal readonly record struct UrlShape(bool HasScheme, bool Secure, int Port);

/// <summary>One direction of a URL map, compiled for look-up by host and for search in text.</summary>
internal sealed class UrlTable
{
    private readonly FrozenDictionary<string, UrlHost> hosts;
    private readonly FrozenDictionary<string, UrlHost>.AlternateLookup<ReadOnlySpan<char>> byText;
    private readonly WebAuthority[] targets;

    private UrlTable(FrozenDictionary<string, UrlHost> hosts, HostNeedle[] needles, WebAuthority[] targets, bool fromSecure, bool toSecure, int longestPath)
    {
        this.targets = targets;
        this.hosts = hosts;
        byText = hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        Search = new HostSearch(needles);
        FromSecure = fromSecure;
        ToSecure = toSecure;
        LongestPath = longestPath;
    }

    /// <summary>Finds the hosts in text.</summary>
    internal HostSearch Search { get; }

    /// <summary>The scheme that a protocol-relative URL means before it is mapped: that of the alias itself.</summary>
    internal bool FromSecure { get; }

    /// <summary>The scheme that a protocol-relative URL means once it is mapped.</summary>
    internal bool ToSecure { get; }

    /// <summary>In bytes, of all base paths that are searched for.</summary>
    internal int LongestPath { get; }

    /// <summary>Whether nothing can ever be mapped.</summary>
    internal bool IsEmpty => hosts.Count == 0;

    internal static UrlTable Compile(IEnumerable<UrlEntry> source)
    {
        var all = source.ToList();
        var targets = all.Select(e => e.To).Distinct().ToList();
        var entries = all.Where(e => e.From != e.To || e.FromPath != e.ToPath).ToList();
        var hosts = new Dictionary<string, UrlHost>(StringComparer.Ordinal);
        var needles = new List<HostNeedle>();
        foreach (var group in entries.GroupBy(e => e.From.Host, StringComparer.Ordinal))
        {
            var host = new UrlHost(
                [.. group.DistinctBy(e => (e.From, e.FromPath)).OrderByDescending(e => e.FromPath.Length)],
                [.. targets.Where(t => t.Host == group.Key)]);
            hosts.Add(group.Key, host);
            needles.AddRange(HostNeedle.SpellingsOf(group.Key, host));
        }

        return new UrlTable(
            hosts.ToFrozenDictionary(StringComparer.Ordinal),
            [.. needles],
            [.. targets],
            all.Count > 0 && all[0].From.Secure,
            all.Count > 0 && all[0].To.Secure,
            entries.Count == 0 ? 0 : entries.Max(e => e.FromPathBytes.Length));
    }

    /// <summary>Looks a host up that was cut out of a header field.</summary>
    internal UrlHost? Find(ReadOnlySpan<byte> host)
    {
        Span<char> text = stackalloc char[256];
        if (host.Length is 0 or > 255)
            return null;
        if (!Ascii.IsValid(host) || host[0] == '[')
            return WebAuthority.TryNormalise(Encoding.UTF8.GetString(host), out var normal) ? hosts.GetValueOrDefault(normal) : null;
        _ = Ascii.ToLower(host, text, out var length);
        return byText.TryGetValue(text[..length], out var found) ? found : null;
    }

    /// <summary>Whether an entry fits a URL of its host: exactly in pass 0; in pass 1 also over the other scheme, where both ports are implied.</summary>
    internal bool Fits(UrlEntry entry, in UrlShape shape, int pass)
    {
        var from = entry.From;
        if (!shape.HasScheme)
        {
            var portFits = shape.Port == 0 ? from.HasDefaultPort : from.Port == shape.Port;
            return portFits && (pass == 1 || from.Secure == FromSecure);
        }

        var port = shape.Port == 0 ? WebAuthority.DefaultPort(shape.Secure) : shape.Port;
        return pass == 0
            ? from.Secure == shape.Secure && from.Port == port
            : from.HasDefaultPort && port == WebAuthority.DefaultPort(shape.Secure);
    }

    /// <summary>Whether a host is one that this table maps to.</summary>
    internal bool IsTarget(ReadOnlySpan<byte> host)
    {
        foreach (var target in targets)
        {
            if (Ascii.EqualsIgnoreCase(host, target.Host))
                return true;
        }

        return false;
    }

    /// <summary>The entry for a URL that was cut out of a header field, or null.</summary>
    internal UrlEntry? Select(UrlHost host, in UrlShape shape, ReadOnlySpan<byte> rest)
    {
        if (host.IsSettled(shape, ToSecure))
            return null;
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var entry in host.Entries)
            {
                if (Fits(entry, shape, pass) && IsUnder(rest, entry.FromPathBytes))
                    return entry;
            }
        }

        return null;
    }

    /// <summary>See <see cref="UrlMap.TryMapUrl"/>.</summary>
    internal bool TryMap(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        if (!WebUrl.TryParse(text, out var url) || Find(url.HostOf(text)) is not { } host)
            return false;
        var rest = text[url.RestAt..];
        if (Select(host, new UrlShape(url.HasScheme, url.Secure, url.PortOr(0)), rest) is not { } entry)
            return false;
        if (url.HasScheme || entry.To.Secure != ToSecure)
        {
            output.Write(SchemeOf(url.IsWebSocket, entry.To.Secure));
            output.Write(":"u8);
        }

        output.Write("//"u8);
        output.Write(text[url.UserInfoAt..url.HostAt]);
        output.Write(entry.ToHostBytes);
        if (entry.ToPortBytes.Length > 0)
        {
            output.Write(":"u8);
            output.Write(entry.ToPortBytes);
        }

        output.Write(IsUnder(rest, entry.ToPathBytes) ? default : entry.ToPathBytes);
        output.Write(rest[entry.FromPathBytes.Length..]);
        return true;
    }

    internal static ReadOnlySpan<byte> SchemeOf(bool webSocket, bool secure) =>
        webSocket ? secure ? "wss"u8 : "ws"u8 : secure ? "https"u8 : "http"u8;

    /// <summary>Whether a path is the base path or lies under it. <c>/basement</c> does not lie under <c>/base</c>.</summary>
    internal static bool IsUnder(ReadOnlySpan<byte> path, ReadOnlySpan<byte> basePath) =>
        path.StartsWith(basePath)
        && (basePath.IsEmpty || path.Length == basePath.Length || path[basePath.Length] is (byte)'/' or (byte)'?' or (byte)'#');
}
