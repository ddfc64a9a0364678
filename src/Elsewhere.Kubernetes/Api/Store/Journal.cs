using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>
/// A file of lines, each with its checksum in front, that is only ever appended to or replaced as a whole: after kill -9, or without power, it holds every
/// line that was synced and at most a torn one behind them.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly string path;
    private readonly Action<SafeFileHandle> sync;
    private SafeFileHandle file;

    private Journal(string path, Action<SafeFileHandle> sync, SafeFileHandle file, long length)
    {
        this.path = path;
        this.sync = sync;
        this.file = file;
        Length = length;
    }

    /// <summary>The bytes that are in force.</summary>
    public long Length { get; private set; }

    /// <summary>
    /// Whether nobody knows what the disk holds: a sync failed, and what it was to write counts as written for the next one, or what a failed write left could
    /// not be taken away. <see cref="Replace"/> comes before the next <see cref="Append"/> then.
    /// </summary>
    public bool IsDoubtful { get; private set; }

    /// <summary>Opens a journal, making it if need be, and reads what it holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sync">Waits until the disk has what was written to a file: <see cref="Disk.Sync"/>.</param>
    /// <param name="line">Called with each sound line, in order, without its checksum.</param>
    /// <param name="damaged">The numbers of damaged lines that have sound ones behind them, from 1: no crash makes those.</param>
    /// <exception cref="IOException">It cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static Journal Open(string path, Action<SafeFileHandle> sync, Action<ReadOnlyMemory<byte>> line, out IReadOnlyList<int> damaged)
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

            var end = JournalLine.Scan(content, line, out damaged);
            // The torn rest of a line must not stand in front of the next one.
            if (end < content.Length)
                RandomAccess.SetLength(file, end);
            // What one that was killed had not synced is shown from now on, and so is the file itself if it is new.
            sync(file);
            if (end == 0)
                Disk.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, sync);
            return new Journal(path, sync, file, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends and waits until the disk has it.</summary>
    /// <exception cref="IOException">The disk is full or broken; what was there before still stands.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        var length = Length;
        if (IsDoubtful)
            throw new InvalidOperationException();
        try
        {
            RandomAccess.Write(file, lines, length);
        }
        catch
        {
            // What a failed write left must not stand behind the next one.
            IsDoubtful = !TryTruncate(length);
            throw;
        }

        try
        {
            sync(file);
        }
        catch
        {
            TryTruncate(length);
            IsDoubtful = true;
            throw;
        }

        Length = length + lines.Sum(static l => (long)l.Length);
    }

    /// <summary>Replaces all lines at once.</summary>
    /// <exception cref="IOException">The disk is full or broken. What was there before still stands, or these lines, and it is doubtful which.</exception>
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

        file.Dispose();
        file = reopened;
        Length = length;
        // As long as the disk may still have the old file under that name, nothing more goes into this one.
        IsDoubtful = true;
        Disk.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, sync);
        IsDoubtful = false;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static void MakePrivate(SafeFileHandle file)
    {
        // Secrets are in it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private long WriteAll(string temporary, IEnumerable<byte[]> lines)
    {
        long length = 0;
        using var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        MakePrivate(file.SafeFileHandle);
        foreach (var line in lines)
        {
            file.Write(line);
            length += line.Length;
        }

        file.Flush();
        sync(file.SafeFileHandle);
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
