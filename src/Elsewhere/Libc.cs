using System.Runtime.InteropServices;

namespace Elsewhere;

/// <summary>The few calls of the C library that the framework does not offer. Each returns -1 with errno set, as in its manual page.</summary>
internal static partial class Libc
{
    /// <summary><c>CLONE_NEWNS</c>: an own mount namespace, unshare(2).</summary>
    internal const int NewMountNamespace = 0x00020000;

    /// <summary><c>MS_BIND</c>, mount(2).</summary>
    internal const ulong Bind = 0x1000;

    /// <summary><c>MS_REC | MS_PRIVATE</c>, mount(2).</summary>
    internal const ulong PrivateRecursive = 0x4000 | 0x40000;

    /// <summary><c>MS_NOSUID | MS_NODEV | MS_NOEXEC</c>, mount(2).</summary>
    internal const ulong DataOnly = 0x2 | 0x4 | 0x8;

    /// <summary><c>MNT_DETACH</c>, umount2(2).</summary>
    internal const int Detach = 2;

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    internal static unsafe partial int Execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "signal")]
    internal static partial nint Signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int descriptor, nuint request, Span<ushort> argument);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    /// <summary>The columns of the first of the descriptors that is a terminal and says so; 0 if none does. <c>TIOCGWINSZ</c> of ioctl_tty(2), Linux.</summary>
    internal static int Columns(params ReadOnlySpan<int> descriptors)
    {
        const nuint windowSize = 0x5413;
        Span<ushort> size = stackalloc ushort[4];
        foreach (var descriptor in descriptors)
        {
            if (Ioctl(descriptor, windowSize, size) == 0 && size[1] > 0)
                return size[1];
        }

        return 0;
    }

    /// <summary>What the last failed call of this thread says, in words.</summary>
    internal static string LastProblem() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
