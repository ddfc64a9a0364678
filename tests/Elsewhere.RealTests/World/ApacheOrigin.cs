namespace Elsewhere.RealTests.World;

/// <summary>An Apache in the internet that is several origins, each by its own name: WebDAV, git over HTTP, and files for the registry's token server.</summary>
internal static class ApacheOrigin
{
    /// <summary>Shares files by WebDAV.</summary>
    public const string Dav = "dav.example.test";

    /// <summary>Holds the repository <c>shop.git</c>, which anybody may push to.</summary>
    public const string Git = "git.example.test";

    /// <summary>What <see cref="RegistryOrigin.Token"/> serves, as JSON.</summary>
    public static string TokenFiles { get; } = Path.Combine(Janitor.Directory, "apache", "token");

    /// <summary>The address of all.</summary>
    public const string Address = "203.0.113.21";

    private static readonly Lazy<Task<Running>> instance = new(StartAsync);

    /// <summary>Starts it, once; it ends with the internet.</summary>
    public static Task TheAsync() => instance.Value;

    private static async Task<Running> StartAsync()
    {
        await Internet.TheAsync();
        var directory = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "apache")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "httpd.conf"), Configuration(directory));
        await Internet.RunAsync(
            $"""
            cd {directory}
            mkdir dav git token
            git init -q --bare git/shop.git
            git -C git/shop.git config http.receivepack true
            chown -R nobody:nogroup .
            """);
        var server = new Running(["ip", "netns", "exec", Internet.Name, "/usr/sbin/apache2", "-f", $"{directory}/httpd.conf", "-DFOREGROUND"], Environs.Host);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Internet.Name, "curl", "-sf", "-H", $"Host: {Git}", $"http://{Address}/shop.git/HEAD"], Environs.Host),
            done => done.ExitCode == 0);
        return server;
    }

    private static string Configuration(string directory) =>
        $"""
        ServerRoot {directory}
        ServerName {Dav}
        PidFile {directory}/httpd.pid
        DefaultRuntimeDir {directory}
        ErrorLog /dev/stderr
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
        LoadModule env_module /usr/lib/apache2/modules/mod_env.so
        LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so
        LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
        LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
        Listen {Address}:80
        User nobody
        Group nogroup
        ScriptSock {directory}/cgid.sock
        DavLockDB {directory}/davlock
        UseCanonicalName On
        <VirtualHost *>
          ServerName unknown.example.test
          Redirect 403 /
        </VirtualHost>
        <VirtualHost *>
          ServerName {Dav}
          DocumentRoot {directory}/dav
          <Location />
            Dav On
          </Location>
        </VirtualHost>
        <VirtualHost *>
          ServerName {RegistryOrigin.Token}
          DocumentRoot {TokenFiles}
          <Location />
            ForceType application/json
          </Location>
        </VirtualHost>
        <VirtualHost *>
          ServerName {Git}
          SetEnv GIT_PROJECT_ROOT {directory}/git
          SetEnv GIT_HTTP_EXPORT_ALL 1
          ScriptAlias / /usr/lib/git-core/git-http-backend/
        </VirtualHost>
        """;
}
