using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>
/// inotify(7). A write counts when the file is closed, so that a file is not read half-written; the framework's watcher cannot tell.
/// </summary>
internal sealed partial class InotifyChanges : DirectoryChanges
{
    private const uint Attrib = 0x4;
    private const uint CloseWrite = 0x8;
    private const uint MovedFrom = 0x40;
    private const uint MovedTo = 0x80;
    private const uint Created = 0x100;
    private const uint Deleted = 0x200;
    private const uint SelfGone = 0x400 | 0x800;
    private const uint Overflow = 0x4000;
    private const uint Ignored = 0x8000;
    private const uint OnlyDirectory = 0x01000000;
    private const uint IsDirectory = 0x40000000;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short PollIn = 1;

    private readonly int queue = inotify_init1(NonBlocking | CloseOnExec);
    private readonly int wake = eventfd(0, NonBlocking | CloseOnExec);
    private readonly Dictionary<string, int> watches = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> directories = [];
    private readonly byte[] buffer = new byte[64 * 1024];

    /// <inheritdoc/>
    public override bool Watch(IReadOnlySet<string> directories)
    {
        foreach (var gone in watches.Keys.Where(d => !directories.Contains(d)).ToList())
        {
            _ = inotify_rm_watch(queue, watches[gone]);
            this.directories.Remove(watches[gone]);
            watches.Remove(gone);
        }

        var all = queue >= 0;
        foreach (var directory in directories)
        {
            // A directory that was replaced has another inode: adding it again finds that out, and changes nothing otherwise.
            var id = inotify_add_watch(queue, directory, Attrib | CloseWrite | MovedFrom | MovedTo | Created | Deleted | SelfGone | OnlyDirectory);
            all &= id >= 0;
            if (id < 0)
                continue;
            if (watches.TryGetValue(directory, out var before) && before != id)
                this.directories.Remove(before);
            watches[directory] = id;
            this.directories[id] = directory;
        }

        return all;
    }

    /// <inheritdoc/>
    public override ChangeBatch Wait(TimeSpan timeout)
    {
        Span<PollFd> waits = [new(queue), new(wake)];
        _ = poll(ref waits[0], 2, (int)Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue));
        if (waits[1].Returned != 0)
            _ = read(wake, ref buffer[0], 8);
        var files = new Dictionary<string, bool>(StringComparer.Ordinal);
        var (rescan, swapped) = (false, false);
        while (true)
        {
            var count = (int)read(queue, ref buffer[0], (nuint)buffer.Length);
            if (count <= 0)
                return new(files, rescan, swapped);
            Take(buffer.AsSpan(0, count), files, ref rescan, ref swapped);
        }
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        var one = BitConverter.GetBytes(1UL);
        _ = write(wake, ref one[0], 8);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _ = close(queue);
        _ = close(wake);
    }

    // struct inotify_event { int wd; uint32_t mask; uint32_t cookie; uint32_t len; char name[]; }
    private void Take(ReadOnlySpan<byte> events, Dictionary<string, bool> files, ref bool rescan, ref bool swapped)
    {
        while (events.Length >= 16)
        {
            var id = BinaryPrimitives.ReadInt32LittleEndian(events);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(events[12..]);
            var name = Encoding.UTF8.GetString(events.Slice(16, length).TrimEnd((byte)0));
            events = events[(16 + length)..];
            if ((mask & Ignored) != 0)
                continue;
            // A mounted ConfigMap has its files in a directory that ..data points to; a rename of that link swaps all of them.
            if (name.StartsWith("..", StringComparison.Ordinal) && (mask & MovedTo) != 0)
                swapped = rescan = true;
            else if ((mask & (Overflow | SelfGone | IsDirectory)) != 0 || name.StartsWith("..", StringComparison.Ordinal))
                rescan = true;
            else if (directories.TryGetValue(id, out var directory))
                files[Path.Join(directory, name)] = (mask & (CloseWrite | MovedTo)) != 0;
        }
    }

    [LibraryImport("libc")]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int queue, string path, uint mask);

    [LibraryImport("libc")]
    private static partial int inotify_rm_watch(int queue, int watch);

    [LibraryImport("libc")]
    private static partial int eventfd(uint start, int flags);

    [LibraryImport("libc")]
    private static partial int poll(ref PollFd waits, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial nint read(int file, ref byte buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(int file, ref byte buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd(int file)
    {
        public int File = file;
        public short Asked = PollIn;
        public short Returned;
    }
}
