using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>
/// A file of lines, each with its checksum in front, that is only ever appended to or replaced as a whole: after kill -9, or without power, it holds every
/// line that was synced and at most a torn one behind them.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const int ChecksumLength = 8;
    private readonly string path;
    private SafeFileHandle file;
    private bool hasRest;

    private Journal(string path, SafeFileHandle file, long length)
    {
        this.path = path;
        this.file = file;
        Length = length;
    }

    /// <summary>The bytes that are in force.</summary>
    public long Length { get; private set; }

    /// <summary>Opens a journal, making it if need be, and reads what it holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="line">Called with each sound line, in order, without its checksum.</param>
    /// <param name="damaged">The numbers of damaged lines that have sound ones behind them, from 1: no crash makes those.</param>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static Journal Open(string path, Action<ReadOnlyMemory<byte>> line, out IReadOnlyList<int> damaged)
    {
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            MakePrivate(file);
            var content = new byte[RandomAccess.GetLength(file)];
            for (var read = 0; read < content.Length;)
            {
                var some = RandomAccess.Read(file, content.AsSpan(read), read);
                if (some == 0)
                    break;
                read += some;
            }

            var end = Scan(content, line, out damaged);
            // The torn rest of a line must not stand in front of the next one.
            if (end < content.Length)
                RandomAccess.SetLength(file, end);
            return new Journal(path, file, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A line as it is written: checksum, blank, text, end of line.</summary>
    public static byte[] Line(string text)
    {
        var line = new byte[ChecksumLength + 1 + Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
        var length = Encoding.UTF8.GetBytes(text, line.AsSpan(ChecksumLength + 1));
        return Seal(line, length);
    }

    /// <summary>Appends and waits until the disk has it.</summary>
    /// <exception cref="IOException">The disk is full or broken; what was there before still stands.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        var length = Length;
        try
        {
            // What a failed write left must not stand behind this one.
            if (hasRest)
                RandomAccess.SetLength(file, length);
            hasRest = false;
            RandomAccess.Write(file, lines, length);
            RandomAccess.FlushToDisk(file);
        }
        catch
        {
            hasRest = !TryTruncate(length);
            throw;
        }

        Length = length + lines.Sum(static l => (long)l.Length);
    }

    /// <summary>Replaces all lines at once.</summary>
    /// <exception cref="IOException">The disk is full or broken; what was there before still stands.</exception>
    public void Replace(IEnumerable<byte[]> lines)
    {
        var temporary = path + ".tmp";
        SafeFileHandle reopened;
        long length;
        try
        {
            length = WriteAll(temporary, lines);
            reopened = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }
        catch
        {
            // On a full disk its place is needed.
            TryDelete(temporary);
            throw;
        }

        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            reopened.Dispose();
            TryDelete(temporary);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        file.Dispose();
        file = reopened;
        hasRest = false;
        Length = length;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    // The end of the last sound line.
    private static int Scan(byte[] content, Action<ReadOnlyMemory<byte>> line, out IReadOnlyList<int> damaged)
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

    private static void MakePrivate(SafeFileHandle file)
    {
        // Secrets are in it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static long WriteAll(string path, IEnumerable<byte[]> lines)
    {
        long length = 0;
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        MakePrivate(file.SafeFileHandle);
        foreach (var line in lines)
        {
            file.Write(line);
            length += line.Length;
        }

        file.Flush(flushToDisk: true);
        return length;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one replaces it.
        }
    }

    private bool TryTruncate(long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Libc.Open(directory, 0);
        if (descriptor < 0)
            return;
        _ = Libc.Fsync(descriptor);
        _ = Libc.Close(descriptor);
    }
}
