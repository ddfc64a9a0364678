using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>The files behind a view: which there are, what each holds, what it held when it was last good. Used by one thread.</summary>
internal sealed class ManifestFiles(IReadOnlyList<string> paths, ReadOptions options, TimeProvider time, Stream? input = null)
{
    // An editor may delete a file and write it anew: only one that stays away is gone.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(40);

    // A file of which nobody said that it is whole may still be being written.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(60);

    // Files of another machine may come from the future.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, FileEntry> entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private HashSet<string> listed = [];
    private ManifestRoots roots = new([], new HashSet<string>(), [], []);
    private ManifestContent? standardInput;
    private bool lookedAgain = true;
    private long lastLook;
    private TimeSpan lookTook;

    /// <summary>Looks which files there are.</summary>
    /// <returns>The directories to watch.</returns>
    public IReadOnlySet<string> Look()
    {
        lastLook = time.GetTimestamp();
        roots = ManifestRoots.Find(paths);
        listed = roots.Files.ToHashSet(StringComparer.Ordinal);
        lookedAgain = true;
        lookTook = time.GetElapsedTime(lastLook);
        return roots.Directories;
    }

    /// <summary>When to look again although nothing was heard: the sooner of the poll and of what is pending.</summary>
    public TimeSpan NextLook(TimeSpan poll)
    {
        var wait = PollEvery(poll) - time.GetElapsedTime(lastLook);
        foreach (var entry in entries.Values)
        {
            if (entry.Pending is { } since && since - time.GetElapsedTime(0, time.GetTimestamp()) is var left && left < wait)
                wait = left;
        }

        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>Whether it is time to look again; rarer where looking takes long.</summary>
    public bool IsPollDue(TimeSpan poll) => time.GetElapsedTime(lastLook) >= PollEvery(poll);

    /// <summary>Whether a path may be a manifest that <see cref="Look"/> has not seen yet.</summary>
    public bool IsUnknown(string path) =>
        !known.Contains(path) && (ManifestRoots.IsManifest(path) || paths.Any(p => Path.GetFullPath(p) == path));

    /// <summary>Reads everything for the first time, in parallel.</summary>
    public void Read()
    {
        if (paths.Contains("-"))
            standardInput = ReadStandardInput();
        AddListed();
        Parallel.ForEach(entries.Values, e => e.Read(FileStamp.Of(e.Path), options));
        lookedAgain = false;
    }

    /// <summary>Reads what changed.</summary>
    /// <param name="changes">What the system told of.</param>
    /// <returns>Whether the view may be another one.</returns>
    public bool Update(ChangeBatch changes)
    {
        var now = time.GetElapsedTime(0, time.GetTimestamp());
        var different = false;
        var all = lookedAgain;
        if (lookedAgain)
        {
            lookedAgain = false;
            different = true;
            AddListed();
        }

        var due = new List<(FileEntry Entry, FileStamp Stamp)>();
        foreach (var entry in entries.Values)
        {
            var named = changes.Files.TryGetValue(entry.FullPath, out var whole);
            if (all || named || entry.Pending <= now)
                Check(entry, whole || changes.Swapped, now, due);
        }

        Parallel.ForEach(due, d => d.Entry.Read(d.Stamp, options));
        foreach (var gone in entries.Values.Where(e => e.IsGone).ToList())
        {
            different = true;
            entries.Remove(gone.Path);
            known.Remove(gone.FullPath);
        }

        return different || due.Count > 0;
    }

    /// <summary>What the files hold now, in the order of precedence; a file that did not change has the same instance as before.</summary>
    public IReadOnlyList<ManifestContent> Contents()
    {
        var contents = new List<ManifestContent>(entries.Count + 1);
        if (standardInput is not null)
            contents.Add(standardInput);
        foreach (var path in roots.Files)
        {
            if (entries.TryGetValue(path, out var entry))
                contents.Add(entry.Content);
        }

        // A file that is away for a moment still counts, though looking does not find it.
        foreach (var entry in entries.Values.Where(e => e.Pending is not null).OrderBy(e => e.Path, StringComparer.Ordinal))
        {
            if (!listed.Contains(entry.Path))
                contents.Add(entry.Content);
        }

        var findings = new List<Finding>();
        foreach (var missing in roots.Missing)
            findings.Add(KubernetesFindings.Unreadable(missing, "there is no such file or directory"));
        foreach (var empty in roots.Empty)
            findings.Add(KubernetesFindings.EmptyDirectory(empty));
        contents.Add(new([], findings, false));
        return contents;
    }

    private void AddListed()
    {
        foreach (var path in roots.Files)
        {
            if (entries.ContainsKey(path))
                continue;
            var entry = new FileEntry(path);
            entries.Add(path, entry);
            known.Add(entry.FullPath);
        }
    }

    private void Check(FileEntry entry, bool whole, TimeSpan now, List<(FileEntry Entry, FileStamp Stamp)> due)
    {
        if (entry.Stamp.Kind == FileKind.Stream)
            return;
        var stamp = FileStamp.Of(entry.Path);
        if (stamp == entry.Stamp && stamp.Kind == FileKind.Missing && listed.Contains(entry.Path))
        {
            // A name that leads nowhere has its finding already; one that was only just listed gets it below.
            if (entry.WasRead)
                return;
            due.Add((entry, stamp));
            return;
        }

        if (stamp.Kind is FileKind.Missing or FileKind.Directory)
        {
            entry.Pending ??= now + Grace;
            entry.IsGone = entry.Pending <= now;
            return;
        }

        entry.Pending = null;
        if (stamp == entry.Stamp)
            return;
        var age = time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromTicks(stamp.Modified / 100);
        if (!whole && age > -Skew && age < Quiet)
            entry.Pending = now + Quiet;
        else
            due.Add((entry, stamp));
    }

    private TimeSpan PollEvery(TimeSpan poll) => lookTook * 50 > poll ? lookTook * 50 : poll;

    private ManifestContent ReadStandardInput()
    {
        using var opened = input is null ? Console.OpenStandardInput() : null;
        return ManifestFile.Read(new("-", FileBytes.ReadToEnd(opened ?? input!)), options);
    }
}
