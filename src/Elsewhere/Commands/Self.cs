namespace Elsewhere.Commands;

/// <summary>How this program is called in commands that it prints.</summary>
internal static class Self
{
    /// <summary><c>elsewhere</c> if the shell finds it by that name; the path of the program otherwise.</summary>
    internal static string Name()
    {
        if (Environment.ProcessPath is not { } path || Path.GetFileNameWithoutExtension(path) != "elsewhere")
            return "elsewhere";
        var isOnPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static directory => directory.Length > 0 && File.Exists(Path.Combine(directory, "elsewhere")));
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return isOnPath ? "elsewhere" : relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative;
    }
}
