using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Finds places in a text where one of many hosts may stand, in any case, 32 places at a time.
/// </summary>
/// <remarks>
/// For each host, three bytes in a row that are rare in text are its fingerprint. Hosts share eight buckets, one bit each; for each of the three bytes
/// there is a table from its low and one from its high four bits to the buckets that could go on with it. Two table look-ups (one shuffle instruction
/// each) and an AND per byte leave a bit only where all six halves agree. This is the scheme known as Teddy, from the Hyperscan matcher.
/// </remarks>
internal sealed class HostSearch
{
    private const int Fingerprint = 3;
    private readonly HostNeedle[] needles;
    private readonly Anchor[][] buckets = new Anchor[8][];
    private readonly byte[] tables = new byte[Fingerprint * 2 * 16];

    internal HostSearch(HostNeedle[] all)
    {
        needles = all;
        var anchors = all.Select(n => new Anchor(n, RarestAt(n.Bytes))).OrderBy(a => a, Comparer<Anchor>.Create(ByFingerprint)).ToArray();
        for (var bucket = 0; bucket < 8; bucket++)
        {
            buckets[bucket] = anchors[(anchors.Length * bucket / 8)..(anchors.Length * (bucket + 1) / 8)];
            foreach (var anchor in buckets[bucket])
                AddToTables(anchor, (byte)(1 << bucket));
        }

        LongestNeedle = needles.Length == 0 ? 0 : needles.Max(n => n.Bytes.Length);
    }

    /// <summary>In bytes.</summary>
    internal int LongestNeedle { get; }

    /// <summary>A host and how far into it its fingerprint is.</summary>
    internal readonly record struct Anchor(HostNeedle Needle, int Offset);

    /// <summary>The hosts that share a bucket.</summary>
    internal ReadOnlySpan<Anchor> Bucket(int bucket) => buckets[bucket];

    /// <summary>Whether the end of a text could be the beginning of a host.</summary>
    internal bool CouldBecome(ReadOnlySpan<byte> tail)
    {
        foreach (var needle in needles)
        {
            if (needle.CouldBecome(tail))
                return true;
        }

        return false;
    }

    /// <summary>The next place from <paramref name="at"/> on that has a fingerprint, or the text's length.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where to begin.</param>
    /// <param name="found">A bit for each bucket with a host to compare.</param>
    internal int Next(ReadOnlySpan<byte> text, int at, out byte found)
    {
        found = 0;
        if (needles.Length == 0)
            return text.Length;
        if (Vector256.IsHardwareAccelerated && Avx2.IsSupported)
        {
            if (Next256(text, ref at, out found))
                return at;
        }
        else if (Vector128.IsHardwareAccelerated && Next128(text, ref at, out found))
        {
            return at;
        }

        for (; at < text.Length; at++)
        {
            var bits = (byte)0xff;
            for (var i = 0; i < Fingerprint && at + i < text.Length; i++)
                bits &= (byte)(tables[(i * 32) + (text[at + i] & 15)] & tables[(i * 32) + 16 + (text[at + i] >> 4)]);
            if (bits != 0)
            {
                found = bits;
                return at;
            }
        }

        return text.Length;
    }

    private bool Next256(ReadOnlySpan<byte> text, ref int at, out byte found)
    {
        ref var start = ref Unsafe.AsRef(in text.GetPinnableReference());
        ref var table = ref tables[0];
        var nibble = Vector256.Create((byte)15);
        var low0 = Twice(ref table, 0);
        var high0 = Twice(ref table, 16);
        var low1 = Twice(ref table, 32);
        var high1 = Twice(ref table, 48);
        var low2 = Twice(ref table, 64);
        var high2 = Twice(ref table, 80);
        for (; at + Vector256<byte>.Count + Fingerprint - 1 <= text.Length; at += Vector256<byte>.Count)
        {
            var b0 = Vector256.LoadUnsafe(ref start, (nuint)at);
            var b1 = Vector256.LoadUnsafe(ref start, (nuint)at + 1);
            var b2 = Vector256.LoadUnsafe(ref start, (nuint)at + 2);
            var bits = Avx2.Shuffle(low0, b0 & nibble) & Avx2.Shuffle(high0, Vector256.ShiftRightLogical(b0.AsUInt16(), 4).AsByte() & nibble)
                & Avx2.Shuffle(low1, b1 & nibble) & Avx2.Shuffle(high1, Vector256.ShiftRightLogical(b1.AsUInt16(), 4).AsByte() & nibble)
                & Avx2.Shuffle(low2, b2 & nibble) & Avx2.Shuffle(high2, Vector256.ShiftRightLogical(b2.AsUInt16(), 4).AsByte() & nibble);
            if (bits == Vector256<byte>.Zero)
                continue;
            var none = Vector256.Equals(bits, Vector256<byte>.Zero).ExtractMostSignificantBits();
            var place = System.Numerics.BitOperations.TrailingZeroCount(~none);
            at += place;
            found = bits.GetElement(place);
            return true;
        }

        found = 0;
        return false;
    }

    private bool Next128(ReadOnlySpan<byte> text, ref int at, out byte found)
    {
        ref var start = ref Unsafe.AsRef(in text.GetPinnableReference());
        ref var table = ref tables[0];
        var nibble = Vector128.Create((byte)15);
        for (; at + Vector128<byte>.Count + Fingerprint - 1 <= text.Length; at += Vector128<byte>.Count)
        {
            var bits = Vector128<byte>.AllBitsSet;
            for (var i = 0; i < Fingerprint; i++)
            {
                var b = Vector128.LoadUnsafe(ref start, (nuint)(at + i));
                bits &= Vector128.ShuffleNative(Vector128.LoadUnsafe(ref table, (nuint)(i * 32)), b & nibble)
                    & Vector128.ShuffleNative(Vector128.LoadUnsafe(ref table, (nuint)((i * 32) + 16)), Vector128.ShiftRightLogical(b, 4));
            }

            if (bits == Vector128<byte>.Zero)
                continue;
            var none = Vector128.Equals(bits, Vector128<byte>.Zero).ExtractMostSignificantBits();
            var place = System.Numerics.BitOperations.TrailingZeroCount(~none);
            at += place;
            found = bits.GetElement(place);
            return true;
        }

        found = 0;
        return false;
    }

    private static Vector256<byte> Twice(ref byte table, nuint at)
    {
        var half = Vector128.LoadUnsafe(ref table, at);
        return Vector256.Create(half, half);
    }

    private void AddToTables(Anchor anchor, byte bit)
    {
        for (var i = 0; i < Fingerprint; i++)
        {
            var at = anchor.Offset + i;
            if (at >= anchor.Needle.Bytes.Length)
            {
                for (var any = 0; any < 32; any++)
                    tables[(i * 32) + any] |= bit;
                continue;
            }

            var lower = anchor.Needle.Bytes[at];
            var upper = lower is >= (byte)'a' and <= (byte)'z' ? (byte)(lower & ~0x20) : lower;
            foreach (var b in (ReadOnlySpan<byte>)[lower, upper])
            {
                tables[(i * 32) + (b & 15)] |= bit;
                tables[(i * 32) + 16 + (b >> 4)] |= bit;
            }
        }
    }

    // What most text is made of costs most, and the signs of an escape, of which a script may be full; a domain's usual endings come in every link.
    private static int RarestAt(ReadOnlySpan<byte> needle)
    {
        ReadOnlySpan<byte> common = "etaoinsrhldcmupfgwybv.k-0123x456789jqz"u8;
        int best = 0, least = int.MaxValue;
        for (var at = 0; at == 0 || at + Fingerprint <= needle.Length; at++)
        {
            var cost = 0;
            foreach (var b in needle.Slice(at, Math.Min(Fingerprint, needle.Length - at)))
            {
                var rank = common.IndexOf(b);
                cost += rank < 0 ? b < 0x80 ? common.Length : 0 : common.Length - rank;
            }

            var three = needle.Slice(at, Math.Min(Fingerprint, needle.Length - at));
            if (three.SequenceEqual("www"u8) || three.SequenceEqual(".co"u8) || three.SequenceEqual("com"u8) || three.SequenceEqual("org"u8))
                cost += common.Length;
            if (cost < least)
                (best, least) = (at, cost);
        }

        return best;
    }

    private static int ByFingerprint(Anchor a, Anchor b) => a.Needle.Bytes.AsSpan(a.Offset).SequenceCompareTo(b.Needle.Bytes.AsSpan(b.Offset));
}
