namespace Elsewhere.State;

/// <summary>Replaces a file so that a reader, or a machine that loses power, finds the old content or the new one and nothing between.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the file, flushes to the disk, renames over it, and flushes the directory.</summary>
    /// <exception cref="IOException">The disk is full or the file system read-only; the old content still stands.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        if (OperatingSystem.IsWindows())
            return;
        var directory = Libc.Open(Path.GetDirectoryName(Path.GetFullPath(path))!, 0);
        if (directory < 0)
            return;
        _ = Libc.Fsync(directory);
        _ = Libc.Close(directory);
    }
}
