using System.Collections.Immutable;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>What the given paths lead to right now.</summary>
/// <param name="Files">The files to read: the given ones in order, a directory's by name.</param>
/// <param name="Directories">The directories in which a change matters.</param>
/// <param name="Missing">Given paths that lead nowhere.</param>
/// <param name="Empty">Given directories without a manifest.</param>
internal sealed record ManifestRoots(
    IReadOnlyList<string> Files,
    IReadOnlySet<string> Directories,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Empty)
{
    private const int Deepest = 32;

    private static readonly ImmutableArray<string> Endings = [".yaml", ".yml", ".json"];

    /// <summary>Looks at the given paths and all directories below them. Names that begin with a dot are nobody's manifests.</summary>
    public static ManifestRoots Find(IReadOnlyList<string> paths)
    {
        var files = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var directories = new HashSet<string>(StringComparer.Ordinal);
        var missing = new List<string>();
        var empty = new List<string>();
        foreach (var path in paths)
        {
            if (path == "-")
                continue;
            var stamp = FileStamp.Of(path);
            if (stamp.Kind == FileKind.Directory)
            {
                var before = files.Count;
                Walk(path, [stamp.Id], files, seen, directories);
                if (files.Count == before)
                    empty.Add(path);
                continue;
            }

            if (stamp.Kind == FileKind.Missing)
                missing.Add(path);
            if (stamp.Kind != FileKind.Missing && seen.Add(path))
                files.Add(path);
            WatchAround(path, directories);
        }

        return new(files, directories, missing, empty);
    }

    /// <summary>Whether a file of a directory is read.</summary>
    public static bool IsManifest(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        if (name.StartsWith("."))
            return false;
        foreach (var ending in Endings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    // A link may point through other directories; the change happens there.
    private static void WatchAround(string path, HashSet<string> directories)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null)
            directories.Add(parent);
        try
        {
            var target = new FileInfo(path).ResolveLinkTarget(true);
            if (target is not null && Path.GetDirectoryName(target.FullName) is { } other)
                directories.Add(other);
        }
        catch (IOException)
        {
            // A loop of links: it leads nowhere, and the finding for that is made elsewhere.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }

    private static void Walk(string directory, ImmutableHashSet<UInt128> above, List<string> files, HashSet<string> seen, HashSet<string> directories)
    {
        directories.Add(Path.GetFullPath(directory));
        string[] names;
        try
        {
            names = Directory.GetFileSystemEntries(directory);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return;
        }

        Array.Sort(names, StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (Path.GetFileName(name.AsSpan()).StartsWith("."))
                continue;
            if (IsManifest(name))
            {
                var kind = FileStamp.Of(name).Kind;
                if (kind is FileKind.Regular or FileKind.Missing && seen.Add(name))
                    files.Add(name);
                if (kind != FileKind.Directory)
                    continue;
            }
            else if (Path.HasExtension(name) && !Directory.Exists(name))
            {
                continue;
            }

            var stamp = FileStamp.Of(name);
            if (stamp.Kind == FileKind.Directory && above.Count < Deepest && !above.Contains(stamp.Id))
                Walk(name, stamp.Id == 0 ? above : above.Add(stamp.Id), files, seen, directories);
        }
    }
}
