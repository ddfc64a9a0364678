using System.Buffers;
using System.Numerics;

namespace Elsewhere.Http.Rewrite;

/// <summary>Maps the URLs in a piece of text. A pure function of the text, its lookback among it; what it cannot decide yet it leaves.</summary>
internal static class UrlScanner
{
    /// <summary>How much of the text in front of a piece a decision can depend on, in bytes.</summary>
    internal const int Lookback = 128;

    /// <summary>How much a piece can leave undecided, in bytes.</summary>
    internal static int LongestHold(UrlTable table) =>
        UrlPrefix.Longest + UrlPrefix.LongestUserInfo + table.Search.LongestNeedle + UrlHit.Reach(table.LongestPath);

    /// <summary>Writes the text from a place on, mapped.</summary>
    /// <param name="table">The map.</param>
    /// <param name="flags">How to read the text.</param>
    /// <param name="text">Lookback, then text.</param>
    /// <param name="from">Where the text begins; 0, or at least <see cref="Lookback"/>.</param>
    /// <param name="final">Whether nothing follows.</param>
    /// <param name="output">Gets the text.</param>
    /// <param name="hits">Counts the URLs that were mapped.</param>
    /// <returns>The place up to which everything is decided and written; all of the text if <paramref name="final"/>.</returns>
    internal static int Scan(
        UrlTable table, ScanFlags flags, ReadOnlySpan<byte> text, int from, bool final, IBufferWriter<byte> output, ref long hits)
    {
        var search = table.Search;
        int written = from, at = from;
        while ((at = search.Next(text, at, out var buckets)) < text.Length)
        {
            switch (ReadAny(table, flags, text, at, buckets, written, final, out var hit))
            {
                case Reading.No:
                    at++;
                    break;
                case Reading.More:
                    output.Write(text[written..hit.Prefix.Start]);
                    return hit.Prefix.Start;
                case Reading.Yes:
                    Write(table, text, written, hit, output);
                    written = at = hit.End;
                    hits++;
                    break;
            }
        }

        var decided = final ? text.Length : FindHold(table, flags, text, written);
        output.Write(text[written..decided]);
        return decided;
    }

    private static Reading ReadAny(
        UrlTable table, ScanFlags flags, ReadOnlySpan<byte> text, int at, uint buckets, int written, bool final, out UrlHit hit)
    {
        for (; buckets != 0; buckets &= buckets - 1)
        {
            foreach (var anchor in table.Search.Bucket(BitOperations.TrailingZeroCount(buckets)))
            {
                var host = at - anchor.Offset;
                if (host < written || !anchor.Needle.IsAt(text, host))
                    continue;
                var reading = UrlHit.Read(table, text, anchor.Needle, host, written, final, flags, out hit);
                if (reading != Reading.No)
                    return reading;
            }
        }

        hit = default;
        return Reading.No;
    }

    // Where a URL may have begun whose host is not complete yet. No byte is held back without such a beginning.
    private static int FindHold(UrlTable table, ScanFlags flags, ReadOnlySpan<byte> text, int lowest)
    {
        if (table.IsEmpty)
            return text.Length;
        for (var at = Math.Max(lowest, text.Length - LongestHold(table)); at < text.Length; at++)
        {
            var skip = text[at..].IndexOfAny(UrlPrefix.Beginnings);
            if (skip < 0)
                break;
            at += skip;
            var reading = UrlPrefix.Read(text, at, false, flags, out var prefix);
            if (reading == Reading.More)
                return at;
            if (reading == Reading.No)
                continue;
            var tail = text[prefix.End..];
            if (table.Search.CouldBecome(tail) || (prefix.HasScheme && UrlPrefix.CouldBeUserInfo(tail, table.Search)))
                return at;
        }

        return text.Length;
    }

    private static void Write(UrlTable table, ReadOnlySpan<byte> text, int written, in UrlHit hit, IBufferWriter<byte> output)
    {
        ref readonly var prefix = ref hit.Prefix;
        var entry = hit.Entry;
        output.Write(text[written..prefix.Start]);
        var slash = text.Slice(prefix.SlashAt, prefix.SlashLength);
        var percent = PercentOf(slash);
        var colon = prefix.HasScheme ? text.Slice(prefix.ColonAt, prefix.ColonLength) : ":"u8;
        if (prefix.HasScheme || entry.To.Secure != table.ToSecure)
        {
            output.Write(UrlTable.SchemeOf(prefix.IsWebSocket, entry.To.Secure));
            WriteColon(colon, prefix.HasScheme ? default : percent, output);
        }

        output.Write(text[(prefix.HasScheme ? prefix.ColonAt + prefix.ColonLength : prefix.Start)..hit.HostAt]);
        if (percent.IsEmpty || entry.ToHostBytes[0] != '[')
            output.Write(entry.ToHostBytes);
        else
            WriteEncoded(entry.ToHostBytes, percent, output);
        if (entry.ToPortBytes.Length > 0)
        {
            WriteColon(colon, prefix.HasScheme ? default : percent, output);
            output.Write(entry.ToPortBytes);
        }

        WritePath(entry.ToPathBytes, slash, output);
    }

    // How a percent sign is spelled: "%", or "%25" where the URL is encoded twice.
    private static ReadOnlySpan<byte> PercentOf(ReadOnlySpan<byte> slash)
    {
        if (slash[0] != '%')
            return default;
        var length = 1;
        while (slash[length..].StartsWith("25"u8))
            length += 2;
        return slash[..length];
    }

    private static void WriteColon(ReadOnlySpan<byte> colon, ReadOnlySpan<byte> percent, IBufferWriter<byte> output)
    {
        if (percent.IsEmpty)
        {
            output.Write(colon);
            return;
        }

        output.Write(percent);
        output.Write("3A"u8);
    }

    private static void WritePath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> slash, IBufferWriter<byte> output)
    {
        foreach (ref readonly var b in path)
            output.Write(b == '/' ? slash : new ReadOnlySpan<byte>(in b));
    }

    private static void WriteEncoded(ReadOnlySpan<byte> host, ReadOnlySpan<byte> percent, IBufferWriter<byte> output)
    {
        foreach (ref readonly var b in host)
        {
            if (b is (byte)'[' or (byte)']' or (byte)':')
            {
                output.Write(percent);
                output.Write(b switch { (byte)'[' => "5B"u8, (byte)']' => "5D"u8, _ => "3A"u8 });
            }
            else
            {
                output.Write(new ReadOnlySpan<byte>(in b));
            }
        }
    }
}
