using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>What it takes to know that the disk has something, and what to do where it does not take it.</summary>
internal static class Disk
{
    // errno(3) of Linux; the first ones are the same everywhere.
    private const int Interrupted = 4, Broken = 5, NotPermitted = 13, Invalid = 22, Full = 28, ReadOnly = 30, NotSupported = 95, OverQuota = 122;

    /// <summary>Waits until the disk has what was written to a file.</summary>
    /// <exception cref="IOException">It has not, and nobody knows what it has; the file must not be trusted.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        // Not the framework's: that takes a file system which has just become read-only for one that has nothing to write.
        while (Libc.Fsync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            // There are file systems that cannot be asked.
            if (error is Invalid or NotSupported)
                return;
            if (error != Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        }
    }

    /// <summary>Waits until the disk has the names in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="sync">Waits for one open file.</param>
    /// <exception cref="IOException">It has not.</exception>
    public static void SyncDirectory(string directory, Action<SafeFileHandle> sync)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Libc.Open(directory, 0);
        if (descriptor < 0)
            throw new IOException($"{Marshal.GetLastPInvokeErrorMessage()} : '{directory}'", Marshal.GetLastPInvokeError());
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        sync(handle);
    }

    /// <summary>What to do about a failed write, as the end of a sentence.</summary>
    public static string Remedy(Exception why) => why switch
    {
        UnauthorizedAccessException => "give this user the right to write there",
        _ => (why.HResult & 0xffff) switch
        {
            Full or OverQuota => "make room there",
            ReadOnly => "mount it for writing again",
            NotPermitted => "give this user the right to write there",
            Broken => "the disk or the way to it is broken, see dmesg",
            _ => "see to the disk",
        },
    };
}
