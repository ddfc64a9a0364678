namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>What happened in the watched directories.</summary>
/// <param name="Files">Full paths of files that something happened to; true if the last of it left the file whole: closed by its writer, or moved there.</param>
/// <param name="Rescan">Whether more happened than the list says: directories came or went, links changed, the queue ran over.</param>
/// <param name="Swapped">Whether a mounted volume was swapped as a whole, so that what is found is whole.</param>
internal sealed record ChangeBatch(IReadOnlyDictionary<string, bool> Files, bool Rescan, bool Swapped)
{
    /// <summary>Whether nothing happened.</summary>
    public bool IsEmpty => Files.Count == 0 && !Rescan;

    /// <summary>This and what came after it.</summary>
    public ChangeBatch Then(ChangeBatch next)
    {
        var files = new Dictionary<string, bool>(Files, StringComparer.Ordinal);
        foreach (var (path, whole) in next.Files)
            files[path] = whole;
        return new(files, Rescan | next.Rescan, Swapped | next.Swapped);
    }
}

/// <summary>Tells of changes in directories, as fast as the system can.</summary>
internal abstract class DirectoryChanges : IDisposable
{
    /// <summary>The system's own way: inotify on Linux, the framework's watcher elsewhere.</summary>
    public static DirectoryChanges Create() => OperatingSystem.IsLinux() ? new InotifyChanges() : new PortableChanges();

    /// <summary>Watches exactly these directories, no one below them.</summary>
    /// <returns>Whether all of them could be watched; if not, only looking again and again helps.</returns>
    public abstract bool Watch(IReadOnlySet<string> directories);

    /// <summary>Waits for changes.</summary>
    /// <param name="timeout">How long; the answer is empty then.</param>
    public abstract ChangeBatch Wait(TimeSpan timeout);

    /// <summary>Ends a wait from another thread.</summary>
    public abstract void Wake();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of the system's handles.</summary>
    protected abstract void Dispose(bool disposing);
}
