using System.Buffers;

namespace Elsewhere.Http.Http2Client;

/// <summary>Gets the fields of a block, in order; the bytes are valid until it returns.</summary>
internal delegate void FieldTaker(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

/// <summary>Decodes field blocks (RFC 7541), strictly. What it learns from one block holds for the next, also of another stream: each of a connection must pass, in order.</summary>
/// <param name="tableSize">What SETTINGS_HEADER_TABLE_SIZE says to the encoder.</param>
internal sealed class HpackDecoder(int tableSize)
{
    private readonly DynamicTable table = new(tableSize);
    private byte[] nameRoom = [];
    private byte[] valueRoom = [];

    /// <summary>How large its dynamic table is.</summary>
    public int TableSize => table.Size;

    /// <summary>Decodes a whole block.</summary>
    /// <returns>False where it is none: the connection cannot be used any more (RFC 9113 section 4.3).</returns>
    public bool TryDecode(ReadOnlySpan<byte> block, FieldTaker take)
    {
        var mayResize = true;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0xE0) == 0x20)
            {
                // Section 4.2: at the beginning of a block only.
                if (!mayResize || !TryNumber(ref block, 5, out var size) || !table.TryResize(size))
                    return false;
                continue;
            }

            mayResize = false;
            if ((first & 0x80) != 0)
            {
                if (!TryNumber(ref block, 7, out var index) || !TryGet(index, out var known, out var content))
                    return false;
                take(known, content);
                continue;
            }

            var isIndexed = (first & 0x40) != 0;
            if (!TryNumber(ref block, isIndexed ? 6 : 4, out var nameIndex))
                return false;
            ReadOnlySpan<byte> name;
            if (nameIndex == 0)
            {
                if (!TryText(ref block, ref nameRoom, out name))
                    return false;
            }
            else if (!TryGet(nameIndex, out name, out _))
            {
                return false;
            }

            if (!TryText(ref block, ref valueRoom, out var value))
                return false;
            take(name, value);
            if (isIndexed)
                table.Add(name, value);
        }

        return true;
    }

    /// <summary>Gives back what it borrowed.</summary>
    public void Release()
    {
        if (nameRoom.Length > 0)
            ArrayPool<byte>.Shared.Return(nameRoom);
        if (valueRoom.Length > 0)
            ArrayPool<byte>.Shared.Return(valueRoom);
        nameRoom = valueRoom = [];
    }

    private bool TryGet(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (index == 0 || index > StaticTable.Count + table.Count)
            return false;
        if (index > StaticTable.Count)
            table.Get(index - StaticTable.Count - 1, out name, out value);
        else
            return TryGetStatic(index, out name, out value);
        return true;
    }

    private static bool TryGetStatic(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = StaticTable.NameOf(index);
        value = StaticTable.ValueOf(index);
        return true;
    }

    // Section 5.1. What does not fit 28 bits is of no use here.
    private static bool TryNumber(scoped ref ReadOnlySpan<byte> block, int prefix, out int number)
    {
        var mask = (1 << prefix) - 1;
        number = block[0] & mask;
        block = block[1..];
        if (number < mask)
            return true;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (block.IsEmpty)
                return false;
            var octet = block[0];
            block = block[1..];
            number += (octet & 0x7F) << shift;
            if ((octet & 0x80) == 0)
                return true;
        }

        return false;
    }

    private static bool TryText(scoped ref ReadOnlySpan<byte> block, scoped ref byte[] room, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (block.IsEmpty)
            return false;
        var isCoded = (block[0] & 0x80) != 0;
        if (!TryNumber(ref block, 7, out var length) || length > block.Length)
            return false;
        text = block[..length];
        block = block[length..];
        if (!isCoded)
            return true;
        var most = Huffman.MostDecoded(length);
        if (room.Length < most)
        {
            if (room.Length > 0)
                ArrayPool<byte>.Shared.Return(room);
            room = ArrayPool<byte>.Shared.Rent(most);
        }

        if (!Huffman.TryDecode(text, room, out var decoded))
            return false;
        text = room.AsSpan(0, decoded);
        return true;
    }
}
