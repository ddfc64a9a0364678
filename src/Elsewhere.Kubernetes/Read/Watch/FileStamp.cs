using System.Runtime.InteropServices;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>What is at a path.</summary>
internal enum FileKind
{
    /// <summary>Nothing, or nothing that may be looked at.</summary>
    Missing,

    /// <summary>A file with a length.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe, a socket, a device: it can be read once at most.</summary>
    Stream,
}

/// <summary>Whether a file is still the same: as much as the file system tells without reading it. Links are followed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Device and inode, so that an atomic rename shows.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Modified">Nanoseconds since 1970 of its content.</param>
/// <param name="Changed">Nanoseconds since 1970 of its content, owner or mode.</param>
internal readonly partial record struct FileStamp(FileKind Kind, UInt128 Id, long Length, long Modified, long Changed)
{
    private const int StatxBasic = 0x7ff;
    private const int AtFdCwd = -100;

    /// <summary>Looks at a path.</summary>
    public static FileStamp Of(string path) => OperatingSystem.IsLinux() ? OfLinux(path) : OfAny(path);

    private static FileStamp OfLinux(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal) || Statx(AtFdCwd, path, 0, StatxBasic, out var found) != 0)
            return default;
        var kind = (found.Mode & 0xF000) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            _ => FileKind.Stream,
        };
        var id = new UInt128(((ulong)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode);
        return new(kind, id, (long)found.Size, Nanoseconds(found.ModifiedSeconds, found.ModifiedNanoseconds), Nanoseconds(found.ChangedSeconds, found.ChangedNanoseconds));
    }

    private static FileStamp OfAny(string path)
    {
        var file = new FileInfo(path);
        if (Directory.Exists(path))
            return new(FileKind.Directory, 0, 0, 0, 0);
        return file.Exists ? new(FileKind.Regular, 0, file.Length, file.LastWriteTimeUtc.Ticks * 100, 0) : default;
    }

    private static long Nanoseconds(long seconds, uint nanoseconds) => (seconds * 1_000_000_000) + nanoseconds;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxResult result);

    // linux/stat.h: the layout is the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxResult
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
