using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>What it takes to make files and renames durable: the framework cannot open a directory, and does not tell of every failure.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(SafeFileHandle file);
}
