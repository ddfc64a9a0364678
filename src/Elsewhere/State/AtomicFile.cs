namespace Elsewhere.State;

/// <summary>Replaces a file so that a reader, or a machine that loses power, finds the old content or the new one and nothing between.</summary>
internal static class AtomicFile
{
    /// <summary>Who may read what is a secret: its owner.</summary>
    internal const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Who may read what everybody needs.</summary>
    internal const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes beside the file, flushes to the disk, renames over it, and flushes the directory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Who may read it, whatever the umask is; null leaves that to the umask.</param>
    /// <exception cref="IOException">The disk is full or the file system read-only; the old content still stands.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode? mode = null)
    {
        var temporary = $"{path}.tmp";
        // One that a kill left may have another mode.
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode & Private ?? options.UnixCreateMode;
        try
        {
            using var file = new FileStream(temporary, options);
            if (mode is { } wanted && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(file.SafeFileHandle, wanted);
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            // On a full disk its place is needed.
            File.Delete(temporary);
            throw;
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
