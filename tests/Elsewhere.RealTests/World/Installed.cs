namespace Elsewhere.RealTests.World;

/// <summary>
/// The compiled <c>elsewhere</c> in a place where every user can run it: a copy of the build's output, and a command on the path.
/// </summary>
internal static class Installed
{
    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The directory that holds the command <c>elsewhere</c>.</summary>
    public static string Bin { get; } = Path.Combine(Janitor.Directory, "bin");

    /// <summary>The command.</summary>
    public static string Command { get; } = Path.Combine(Bin, "elsewhere");

    /// <summary>Copies the program, once per run.</summary>
    public static async Task InstallAsync()
    {
        var runtime = Path.GetDirectoryName(Environment.ProcessPath)!;
        var program = Path.Combine(Janitor.Directory, "program");
        Directory.CreateDirectory(Bin);
        // Without the tests' own driver of browsers, which is ten times as large as all the rest.
        (await Shell.RunAsync(["sh", "-ec", $"mkdir {program}; cp -r {AppContext.BaseDirectory}/* {program}"], Environs.Host)).Well();
        var readable = await Shell.RunAsync([.. Machine.Nobody, "test", "-x", Path.Combine(runtime, "dotnet")], Environs.Host);
        if (readable.ExitCode != 0)
        {
            // An SDK in root's home cannot be run by others.
            var copy = Path.Combine(Janitor.Directory, "dotnet");
            (await Shell.RunAsync(["sh", "-ec", $"mkdir {copy}; cp -r {runtime}/dotnet {runtime}/host {runtime}/shared {copy}"], Environs.Host)).Well();
            runtime = copy;
        }

        await File.WriteAllTextAsync(Command, $"#!/bin/sh\nexec {runtime}/dotnet {program}/elsewhere.dll \"$@\"\n");
        (await Shell.RunAsync(["chmod", "-R", "a+rX,+x", Bin], Environs.Host)).Well();
        (await Shell.RunAsync(["chmod", "-R", "a+rX", program], Environs.Host)).Well();
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Elsewhere.slnx")))
            directory = directory.Parent ?? throw new InvalidOperationException($"no Elsewhere.slnx above {AppContext.BaseDirectory}");
        return directory.FullName;
    }
}
