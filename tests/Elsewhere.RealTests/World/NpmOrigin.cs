namespace Elsewhere.RealTests.World;

/// <summary>An npm registry (verdaccio) in the internet that names itself in the address of every package and knows no other registry.</summary>
internal static class NpmOrigin
{
    /// <summary>Its name.</summary>
    public const string Name = "npm.example.test";

    /// <summary>Its address.</summary>
    public const string Address = "203.0.113.24";

    /// <summary>The program. Debian has no package of it: <c>.ci/run</c> installs it, once, as <see cref="Install"/> does.</summary>
    public const string Program = $"{Home}/node_modules/verdaccio/bin/verdaccio";

    /// <summary>What to type in the repository's root so that the program is there.</summary>
    public const string Install = $"install -D -t {Home} tests/verdaccio/package.json && npm install --prefix {Home} --omit=dev --ignore-scripts";

    private const string Home = "/var/cache/elsewhere-tests/verdaccio";

    private static readonly Lazy<Task<Running>> instance = new(StartAsync);

    /// <summary>Starts it, once; it ends with the internet.</summary>
    public static Task TheAsync() => instance.Value;

    private static async Task<Running> StartAsync()
    {
        await Internet.TheAsync();
        var directory = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "npm")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(directory, "verdaccio.yml"),
            $$"""
            storage: {{directory}}/storage
            auth: { htpasswd: { file: {{directory}}/users } }
            packages: { "**": { access: $authenticated, publish: $authenticated } }
            log: { type: stdout, format: pretty, level: warn }
            """);
        var server = new Running(
            [
                "ip", "netns", "exec", Internet.Name, "env", $"HOME={directory}", $"VERDACCIO_PUBLIC_URL=http://{Name}",
                "node", Program, "--config", $"{directory}/verdaccio.yml", "--listen", $"{Address}:80",
            ],
            Environs.Host);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Internet.Name, "curl", "-sf", $"http://{Address}/-/ping"], Environs.Host), done => done.ExitCode == 0);
        return server;
    }
}
