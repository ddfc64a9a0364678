using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>One file: what it holds, and what is in force of it.</summary>
internal sealed class FileEntry(string path)
{
    private bool faultless;

    /// <summary>The path as the user gave it.</summary>
    public string Path { get; } = path;

    /// <summary>The path as the system names it.</summary>
    public string FullPath { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The file's state when it was read.</summary>
    public FileStamp Stamp { get; private set; }

    /// <summary>Whether it was read at least once, or the try was made.</summary>
    public bool WasRead { get; private set; }

    /// <summary>What is in force: the objects of the last good content, the findings of the latest.</summary>
    public ManifestContent Content { get; private set; } = new([], [], false);

    /// <summary>When to look again: it is away, or it may still be being written. A reading of the watcher's clock.</summary>
    public TimeSpan? Pending { get; set; }

    /// <summary>Whether it has been away for long enough.</summary>
    public bool IsGone { get; set; }

    /// <summary>Reads the file. What breaks it leaves in force what it held before.</summary>
    public void Read(FileStamp stamp, ReadOptions options)
    {
        Stamp = stamp;
        WasRead = true;
        Take(FileBytes.TryRead(Path, stamp, out var bytes, out var why)
            ? ManifestFile.Read(new(Path, bytes), options)
            : new([], [why], true));
    }

    // A file with a fault replaces only what was faulty itself, and only if it can be read at all: so a bad object costs only itself at the start,
    // and nothing that works is lost by an edit that does not.
    private void Take(ManifestContent next)
    {
        next = next.Reusing(Content);
        var good = !next.Broken && next.Findings.All(f => f.Severity != Severity.Error);
        if (good || Content.Objects.Count == 0 || (!faultless && !next.Broken))
        {
            Content = next;
            faultless = good;
            return;
        }

        Content = new(Content.Objects, [.. next.Findings, KubernetesFindings.KeepsLastGood(Path)], true) { Source = Content.Source };
    }
}
