namespace Elsewhere.RealTests.World;

/// <summary>
/// A network namespace that stands for the internet: a real nginx at 1.1.1.1:9000 and at the origins' addresses, a real name server (NSD), and,
/// for those who ask, a real PostgreSQL. One for all tests; nothing in it can be reached from outside, nor the other way round.
/// </summary>
internal sealed class Internet
{
    /// <summary>The article's external host.</summary>
    public const string ArticleHost = "1.1.1.1";

    /// <summary>Two further origins; each answers HTTP on port 9000 with its address.</summary>
    public const string OriginOne = "203.0.113.11";

    /// <inheritdoc cref="OriginOne"/>
    public const string OriginTwo = "203.0.113.12";

    /// <summary>The name server.</summary>
    public const string NameServer = "192.0.2.53";

    /// <summary>An address where nobody answers.</summary>
    public const string Nobody = "192.0.2.99";

    /// <summary>What <c>prod.database.k8salliance.com</c> resolves to.</summary>
    public const string Database = "203.0.113.5";

    private const string Zone =
        """
        $ORIGIN .
        $TTL 300
        . IN SOA ns.upstream.test. hostmaster.upstream.test. 1 1800 900 604800 60
        . IN NS ns.upstream.test.
        ns.upstream.test. IN A 192.0.2.53
        prod.database.k8salliance.com. 300 IN A 203.0.113.5
        www.example.test. 120 IN A 203.0.113.11
        alias.example.test. 60 IN CNAME www.example.test.
        origin.example.test. 1 IN A 203.0.113.11
        dav.example.test. 300 IN A 203.0.113.21
        git.example.test. 300 IN A 203.0.113.21
        token.example.test. 300 IN A 203.0.113.21
        registry.example.test. 300 IN A 203.0.113.22
        wiki.example.test. 300 IN A 203.0.113.23
        npm.example.test. 300 IN A 203.0.113.24
        page.example.test. 300 IN A 203.0.113.25
        assets.example.test. 300 IN A 203.0.113.25

        """;

    private static readonly Lazy<Task<Internet>> instance = new(StartAsync);
    private readonly Lazy<Task> database;
    private readonly Janitor janitor;
    private readonly List<Running> servers = [];
    private int machines;

    private Internet(Janitor janitor)
    {
        this.janitor = janitor;
        database = new Lazy<Task>(StartDatabaseAsync);
    }

    /// <summary>The namespace's name.</summary>
    public static string Name { get; } = $"{Janitor.Prefix}-internet";

    /// <summary>The one internet of this run, with the janitor who removes it.</summary>
    public static Task<Internet> TheAsync() => instance.Value;

    /// <summary>The janitor's process id.</summary>
    public int JanitorPid => janitor.Pid;

    /// <summary>Starts PostgreSQL at the address of the article's database, once.</summary>
    public Task DatabaseAsync() => database.Value;

    /// <summary>A number for a further machine, from 1.</summary>
    public int NextMachine() => Interlocked.Increment(ref machines);

    /// <summary>The directory of PostgreSQL's programs, or null.</summary>
    public static string? PostgresPrograms() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
        : null;

    /// <summary>Runs a shell script in the namespace.</summary>
    public static async Task<Done> RunAsync(string script) => (await Shell.RunAsync(["ip", "netns", "exec", Name, "sh", "-ec", script], Environs.Host)).Well();

    private static async Task<Internet> StartAsync()
    {
        var internet = new Internet(await Janitor.EngageAsync());
        await Installed.InstallAsync();
        var directory = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "internet")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "root.zone"), Zone);
        await File.WriteAllTextAsync(Path.Combine(directory, "nsd.conf"), NsdConfiguration(directory));
        await File.WriteAllTextAsync(Path.Combine(directory, "nginx.conf"), NginxConfiguration(directory));
        (await Shell.RunAsync(["ip", "netns", "add", Name], Environs.Host)).Well();
        await RunAsync(
            $"""
            ip link set lo up
            for address in {ArticleHost} {OriginOne} {OriginTwo} {NameServer} {Database} {ApacheOrigin.Address} {RegistryOrigin.Address} {WikiOrigin.Address} {NpmOrigin.Address} {PageOrigin.Address}; do ip address add $address/32 dev lo; done
            """);
        internet.servers.Add(new Running(["ip", "netns", "exec", Name, "/usr/sbin/nsd", "-d", "-c", $"{directory}/nsd.conf"], Environs.Host));
        internet.servers.Add(new Running(["ip", "netns", "exec", Name, "/usr/sbin/nginx", "-c", $"{directory}/nginx.conf", "-e", "stderr"], Environs.Host));
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Name, "curl", "-s", $"http://{ArticleHost}:9000/"], Environs.Host),
            done => done.ExitCode == 0);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Name, "dig", $"@{NameServer}", "+short", "+tries=1", "+time=1", "www.example.test"], Environs.Host),
            done => done.Text == OriginOne);
        return internet;
    }

    private static string NsdConfiguration(string directory) =>
        $"""
        server:
          ip-address: {NameServer}
          username: ""
          server-count: 1
          zonesdir: "{directory}"
          pidfile: "{directory}/nsd.pid"
          xfrdfile: "{directory}/xfrd.state"
          zonelistfile: "{directory}/zone.list"
          xfrdir: "{directory}"
          database: ""
        remote-control:
          control-enable: no
        zone:
          name: "."
          zonefile: "root.zone"
        """;

    private static string NginxConfiguration(string directory) =>
        $$"""
        user nobody nogroup;
        daemon off;
        worker_processes 1;
        pid {{directory}}/nginx.pid;
        error_log stderr;
        events { worker_connections 1024; }
        http {
          access_log off;
          {{NginxText.Places(directory)}}
          server {
            listen {{ArticleHost}}:9000;
            listen {{OriginOne}}:9000;
            listen {{OriginTwo}}:9000;
            default_type text/plain;
            location / { return 200 "Hello from $server_addr:$server_port\n"; }
            location /host { return 200 "$http_host\n"; }
            location /links { default_type text/html; return 200 "<a href=\"http://www.example.test:9000/next\">next</a>\n"; }
            location /moved { return 302 http://www.example.test:9000/links; }
          }
        }
        """;

    private async Task StartDatabaseAsync()
    {
        var programs = PostgresPrograms();
        var data = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "postgres")).FullName;
        // PostgreSQL refuses to run as root.
        const string nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
        await RunAsync(
            $"""
            chown 65534:65534 {data}
            cd {data}
            {nobody} {programs}/initdb --no-sync --auth=trust --username=app --encoding=UTF8 --locale=C {data} >{data}.log
            echo 'host all all 0.0.0.0/0 trust' >>{data}/pg_hba.conf
            """);
        servers.Add(new Running(
            ["ip", "netns", "exec", Name, .. nobody.Split(' '), $"{programs}/postgres", "-D", data, "-F", "-h", Database, "-k", data], Environs.Host));
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Name, $"{programs}/pg_isready", "-h", Database], Environs.Host), done => done.ExitCode == 0);
    }
}
