using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Elsewhere.Dns;

/// <summary>Writes sections into the parts of a table: one after the other, in one buffer.</summary>
internal sealed class SectionWriter(TableParts parts)
{
    // What is behind 16 kB cannot be pointed to; the question in front takes at most 12 + 255 + 4 octets.
    private const int LastTarget = 0x3fff - 271;

    // A message over TCP, less header, question and OPT with its options.
    private const int MaxLength = 65535 - 271 - 128;

    private readonly byte[] buffer = new byte[MaxLength + 1024];
    private readonly List<Fixup> fixups = [];
    private readonly List<ushort> ends = [];
    private readonly List<(byte[] Name, int At, short Value)> suffixes = [];
    private Section section;
    private int length;
    private int recordAt;

    /// <summary>Where the data of the current record begins.</summary>
    public int DataAt => recordAt + 12;

    /// <summary>Begins a section.</summary>
    /// <param name="questionTail">What every question that it answers ends with, in wire format; names may point there.</param>
    public void Begin(byte[] questionTail)
    {
        section = new Section { Chain = -1 };
        length = 0;
        fixups.Clear();
        ends.Clear();
        suffixes.Clear();
        for (var at = 0; at < questionTail.Length && questionTail[at] != 0; at += questionTail[at] + 1)
            suffixes.Add((questionTail, at, (short)(at - questionTail.Length)));
    }

    /// <summary>Begins a record at the question's name.</summary>
    public void BeginAtQuestion(ushort type, uint ttl)
    {
        recordAt = length;
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(length), 0xc00c);
        BeginData(type, ttl);
    }

    /// <summary>Begins a record at a name that a fixup can point to.</summary>
    public void BeginAt(short value, ushort type, uint ttl)
    {
        recordAt = length;
        fixups.Add(new Fixup((ushort)length, value));
        BeginData(type, ttl);
    }

    /// <summary>Writes one octet string as it is.</summary>
    public void Octets(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(buffer.AsSpan(length));
        length += octets.Length;
    }

    /// <summary>Writes a number.</summary>
    public void Word(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(length), value);
        length += 2;
    }

    /// <summary>Writes a name that may be compressed (RFC 3597 section 4: only in types of RFC 1035).</summary>
    public void Name(byte[] wire)
    {
        for (var at = 0; wire[at] != 0; at += wire[at] + 1)
        {
            if (TryFindSuffix(wire, at, out var value))
            {
                fixups.Add(new Fixup((ushort)length, value));
                length += 2;
                return;
            }

            if (length <= LastTarget)
                suffixes.Add((wire, at, (short)length));
            Octets(wire.AsSpan(at, wire[at] + 1));
        }

        buffer[length++] = 0;
    }

    /// <summary>Where a name is that was written, as a fixup's value; null if it cannot be pointed to.</summary>
    public short? Find(byte[] wire) => TryFindSuffix(wire, 0, out var value) ? value : null;

    /// <summary>Remembers that a name was written at a place of this section.</summary>
    public static short? Target(int at) => at <= LastTarget ? (short)at : null;

    /// <summary>Ends the record. A record too many is taken back, and the section is marked.</summary>
    public bool End(bool additional)
    {
        if (length > MaxLength)
        {
            section.Cut = true;
            length = recordAt;
            fixups.RemoveAll(fixup => fixup.Position >= recordAt);
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(recordAt + 10), (ushort)(length - recordAt - 12));
        if (additional)
            section.Additionals++;
        else
            section.Answers++;
        ends.Add((ushort)length);
        return true;
    }

    /// <summary>The addresses of one family as a ring of records at one owner, each once.</summary>
    /// <param name="owner">A fixup's value; null for the question's name.</param>
    /// <param name="addresses">All of the one family.</param>
    /// <param name="family">Which one.</param>
    /// <param name="ttl">Seconds.</param>
    public void Ring(short? owner, List<IPAddress> addresses, AddressFamily family, uint ttl)
    {
        var type = family == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa;
        var first = length;
        foreach (var address in addresses)
        {
            if (owner is { } value)
                BeginAt(value, type, ttl);
            else
                BeginAtQuestion(type, ttl);
            address.TryWriteBytes(buffer.AsSpan(length), out var written);
            length += written;
            if (!End(additional: false))
                break;
            section.RingCount++;
            section.RingSize = (ushort)(length - recordAt);
        }

        if (length == first)
            section.RingCount = 0;
    }

    /// <summary>Puts the section into the table.</summary>
    /// <param name="chain">The chain that it leaves open, or -1.</param>
    /// <returns>Its number; 0 if it is empty.</returns>
    public int Finish(int chain = -1)
    {
        if (length == 0 && chain < 0)
            return 0;
        section.Chain = chain;
        section.At = parts.Octets.Add(buffer.AsSpan(0, length));
        section.Length = length;
        section.FixupCount = fixups.Count;
        section.FixupsAt = parts.Fixups.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(fixups));
        section.EndsAt = parts.Ends.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ends));
        return parts.Sections.Add(section);
    }

    private void BeginData(ushort type, uint ttl)
    {
        var record = buffer.AsSpan(recordAt);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], type);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], RecordClass.In);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], ttl);
        length = recordAt + 12;
    }

    private bool TryFindSuffix(byte[] wire, int at, out short value)
    {
        var wanted = wire.AsSpan(at);
        foreach (var (name, start, found) in suffixes)
        {
            if (name.Length - start == wanted.Length && Ascii.EqualsIgnoreCase(name.AsSpan(start), wanted))
            {
                value = found;
                return true;
            }
        }

        value = 0;
        return false;
    }
}
