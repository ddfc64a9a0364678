using Microsoft.Win32.SafeHandles;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>How a store treats its file.</summary>
/// <param name="CompactAbove">The length in bytes from which on the file is written anew without what no longer counts, whenever it has doubled since.</param>
/// <param name="Sync">Waits until the disk has what was written to a file, or throws.</param>
internal sealed record StoreOptions(long CompactAbove, Action<SafeFileHandle> Sync)
{
    /// <summary>From 4 MiB on, and by fsync(2).</summary>
    public static StoreOptions Default { get; } = new(4 * 1024 * 1024, Disk.Sync);
}
