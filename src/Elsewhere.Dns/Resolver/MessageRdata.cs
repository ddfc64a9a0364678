using System.Buffers;

namespace Elsewhere.Dns;

/// <summary>
/// Makes record data self-contained: names inside are uncompressed in the types where they may be compressed (RFC 1035 section 3.3, RFC 3597 section 4);
/// all other data is taken as it is.
/// </summary>
internal static class MessageRdata
{
    private enum Shape
    {
        Opaque,
        Address4,
        Address6,
        Named,
        Naptr,
    }

    /// <summary>Checks and uncompresses.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="start">Where the data starts.</param>
    /// <param name="end">Behind its last octet, inside the message.</param>
    /// <param name="type">The record's type.</param>
    /// <param name="class">The record's class; a Chaosnet A record is no IPv4 address.</param>
    /// <param name="rdata">A copy of the data: a slice would keep the whole message in memory for as long as the record is cached.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, int start, int end, ushort type, ushort @class, out byte[] rdata)
    {
        rdata = [];
        var (shape, before, names, after) = ShapeOf(type, @class);
        switch (shape)
        {
            case Shape.Opaque:
                rdata = message[start..end].ToArray();
                return true;
            case Shape.Address4 or Shape.Address6:
                rdata = message[start..end].ToArray();
                return rdata.Length == (shape == Shape.Address4 ? 4 : 16);
            case Shape.Naptr:
                return TryMeasureNaptr(message[start..end], out before) && TryReadNames(message, start, end, before, names, after, out rdata);
            case Shape.Named:
                return TryReadNames(message, start, end, before, names, after, out rdata);
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    // before: octets in front of the names; names: how many; after: octets behind, -1 for any number.
    private static (Shape Shape, int Before, int Names, int After) ShapeOf(ushort type, ushort @class) => type switch
    {
        RecordType.A when @class == RecordClass.In => (Shape.Address4, 0, 0, 0),
        RecordType.Aaaa when @class == RecordClass.In => (Shape.Address6, 0, 0, 0),
        RecordType.NS or 3 or 4 or RecordType.Cname or 7 or 8 or 9 or RecordType.Ptr or RecordType.Dname => (Shape.Named, 0, 1, 0), // 3 MD, 4 MF, 7 MB, 8 MG, 9 MR
        RecordType.Soa => (Shape.Named, 0, 2, 20),
        14 or 17 => (Shape.Named, 0, 2, 0), // MINFO, RP
        RecordType.MX or 18 or 21 or 36 => (Shape.Named, 2, 1, 0), // AFSDB, RT, KX
        26 => (Shape.Named, 2, 2, 0), // PX
        24 => (Shape.Named, 18, 1, -1), // SIG
        30 => (Shape.Named, 0, 1, -1), // NXT
        RecordType.Srv => (Shape.Named, 6, 1, 0),
        35 => (Shape.Naptr, 0, 1, 0),
        _ => (Shape.Opaque, 0, 0, 0),
    };

    private static bool TryReadNames(ReadOnlySpan<byte> message, int start, int end, int before, int names, int after, out byte[] rdata)
    {
        rdata = [];
        if (end - start < before)
            return false;
        // Two uncompressed names and what is fixed; only what stands behind them is as long as the message says.
        var buffer = ArrayPool<byte>.Shared.Rent(before + (names * 255) + (end - start));
        try
        {
            var target = buffer.AsSpan();
            message.Slice(start, before).CopyTo(target);
            int at = start + before, length = before;
            for (var i = 0; i < names; i++)
            {
                // A name that runs over the end of the data is caught by the comparison with the end.
                if (!MessageName.TryRead(message, ref at, target[length..], out var nameLength) || at > end)
                    return false;
                length += nameLength;
            }

            if (after >= 0 && end - at != after)
                return false;
            message[at..end].CopyTo(target[length..]);
            length += end - at;
            rdata = target[..length].ToArray();
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Order and preference, then three character strings (RFC 3403 section 4.1).
    private static bool TryMeasureNaptr(ReadOnlySpan<byte> data, out int before)
    {
        before = 4;
        for (var i = 0; i < 3; i++)
        {
            if (before >= data.Length)
                return false;
            before += data[before] + 1;
        }

        return before <= data.Length;
    }
}
