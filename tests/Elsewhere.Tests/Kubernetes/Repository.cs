namespace Elsewhere.Tests.Kubernetes;

/// <summary>Where the repository is, seen from the built tests.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)))
        {
            if (File.Exists(Path.Combine(folder, "Elsewhere.slnx")))
                return folder;
        }

        throw new InvalidOperationException("no Elsewhere.slnx above the tests");
    }
}
