using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>The lines of a journal, each with its checksum (CRC-32C) in front.</summary>
internal static class JournalLine
{
    private const int ChecksumLength = 8;

    /// <summary>A line as it is written: checksum, blank, text, end of line.</summary>
    public static byte[] Of(string text)
    {
        var line = new byte[ChecksumLength + 1 + Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
        var length = Encoding.UTF8.GetBytes(text, line.AsSpan(ChecksumLength + 1));
        return Seal(line, length);
    }

    /// <summary>Reads lines.</summary>
    /// <param name="content">A file.</param>
    /// <param name="line">Called with each sound line, in order, without its checksum.</param>
    /// <param name="damaged">The numbers of damaged lines that have sound ones behind them, from 1.</param>
    /// <returns>The end of the last sound line.</returns>
    public static int Scan(byte[] content, Action<ReadOnlyMemory<byte>> line, out IReadOnlyList<int> damaged)
    {
        var sound = 0;
        var bad = new List<int>();
        var suspects = new List<int>();
        for (int at = 0, number = 1; at < content.Length; number++)
        {
            var length = content.AsSpan(at).IndexOf((byte)'\n');
            if (length < 0)
                break;
            if (IsSound(content.AsSpan(at, length)))
            {
                bad.AddRange(suspects);
                suspects.Clear();
                line(content.AsMemory(at + ChecksumLength + 1, length - ChecksumLength - 1));
                sound = at + length + 1;
            }
            else
            {
                suspects.Add(number);
            }

            at += length + 1;
        }

        damaged = bad;
        return sound;
    }

    private static bool IsSound(ReadOnlySpan<byte> line) =>
        line.Length > ChecksumLength && line[ChecksumLength] == ' '
        && Utf8Parser.TryParse(line[..ChecksumLength], out uint written, out var used, 'x') && used == ChecksumLength
        && written == Checksum(line[(ChecksumLength + 1)..]);

    private static byte[] Seal(byte[] line, int length)
    {
        Utf8Formatter.TryFormat(Checksum(line.AsSpan(ChecksumLength + 1, length)), line, out _, new('x', ChecksumLength));
        line[ChecksumLength] = (byte)' ';
        line[ChecksumLength + 1 + length] = (byte)'\n';
        return line.AsSpan(0, length + ChecksumLength + 2).ToArray();
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
