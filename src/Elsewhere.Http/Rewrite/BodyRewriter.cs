using System.Buffers;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Maps the URLs in a stream of text, decoded (no content coding) and in a charset that is a superset of ASCII. One per body; not for several threads.
/// </summary>
/// <remarks>
/// <para>What it maps: <c>scheme://host[:port]</c> and <c>//host</c> with http, https, ws and wss, in every <see cref="Spelling"/>. It needs no parser
/// of HTML or JavaScript: a URL in a comment, a script or an attribute is a URL (R16), and no byte outside of a mapped URL changes.</para>
/// <para>What it leaves: a bare host ("write to api.example") since nobody can tell a name from a link; a host inside a longer one; other schemes;
/// user information of over 128 bytes; XML namespaces.</para>
/// <para>Any chunking of the input gives the same bytes (R1). Only the beginning of a possible URL is held back, at most
/// <see cref="LongestHold"/> bytes; text that ends in a line feed, a quote or a bracket is never held back, so that events flow.</para>
/// </remarks>
public sealed class BodyRewriter
{
    private readonly UrlTable table;
    private readonly ScanFlags flags;
    private readonly TagFilter? tags;
    private readonly byte[] bridge;
    private readonly int bridged;
    private int lookback;
    private int stored;
    private long hits;
    private bool begun;

    /// <summary>For one body.</summary>
    /// <param name="map">The map.</param>
    /// <param name="direction">Which way: responses go to the client.</param>
    /// <param name="text">What the body is.</param>
    public BodyRewriter(UrlMap map, UrlDirection direction, BodyText text)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(text);
        table = map.TableOf(direction);
        flags = text.Flags;
        tags = text.Kind == BodyKind.Html && direction == UrlDirection.ToClient && !table.IsEmpty ? new TagFilter(map, table) : null;
        var hold = UrlScanner.LongestHold(table);
        LongestHold = hold + (tags is null ? 0 : TagFilter.LongestTag);
        bridged = hold + UrlScanner.Lookback;
        bridge = new byte[UrlScanner.Lookback + hold + bridged];
    }

    /// <summary>The most that can be held back, in bytes: a few hundred, and one open script, link or meta tag of HTML.</summary>
    public int LongestHold { get; }

    /// <summary>How many bytes are held back now.</summary>
    public int Held => stored - lookback + (tags?.Held ?? 0);

    /// <summary>Whether it begins with the mark of UTF-16 or UTF-32, whose first byte no text in UTF-8 has (the Encoding Standard, section 6).</summary>
    public bool IsWide { get; private set; }

    /// <summary>How many URLs were mapped so far.</summary>
    public long Hits => hits;

    /// <summary>Takes a piece of the body and writes what is decided.</summary>
    public void Write(ReadOnlySpan<byte> chunk, IBufferWriter<byte> output)
    {
        if (tags is null)
            Take(chunk, false, output);
        else
            tags.Write(chunk, false, this, output);
    }

    /// <summary>Ends the body: writes what was held back. The rewriter then is as new.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        tags?.Write(default, true, this, output);
        Take(default, true, output);
        lookback = 0;
        stored = 0;
        begun = false;
    }

    /// <summary>Maps a complete text.</summary>
    internal static long RewriteAll(UrlTable table, ScanFlags flags, ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        long hits = 0;
        UrlScanner.Scan(table, flags, text, 0, true, output, ref hits);
        return hits;
    }

    /// <summary>Takes a piece behind all filters.</summary>
    internal void Take(ReadOnlySpan<byte> chunk, bool final, IBufferWriter<byte> output)
    {
        if (chunk.IsEmpty && !final)
            return;
        if (!begun && !chunk.IsEmpty)
        {
            begun = true;
            IsWide = chunk[0] >= 0xfe;
        }

        var at = 0;
        if (stored > 0)
        {
            // What is stored and the beginning of the chunk are made one text; from there on the chunk is its own lookback.
            var taken = Math.Min(chunk.Length, bridged);
            chunk[..taken].CopyTo(bridge.AsSpan(stored));
            var text = bridge.AsSpan(0, stored + taken);
            var decided = UrlScanner.Scan(table, flags, text, lookback, final && taken == chunk.Length, output, ref hits);
            if (taken == chunk.Length)
            {
                Store(text, decided);
                return;
            }

            at = decided - stored;
        }

        Store(chunk, UrlScanner.Scan(table, flags, chunk, at, final, output, ref hits));
    }

    private void Store(ReadOnlySpan<byte> text, int decided)
    {
        var start = Math.Max(0, decided - UrlScanner.Lookback);
        text[start..].CopyTo(bridge);
        lookback = decided - start;
        stored = text.Length - start;
    }
}
