namespace Elsewhere.RealTests.World;

/// <summary>A wiki (DokuWiki in PHP's own server) in the internet, strict about its name: every link, redirect and session cookie has it.</summary>
internal static class WikiOrigin
{
    /// <summary>Its name; a request for any other is misdirected.</summary>
    public const string Name = "wiki.example.test";

    /// <summary>Who may write.</summary>
    public const string User = "librarian";

    /// <summary>The user's password.</summary>
    public const string Password = "secret";

    /// <summary>Its address.</summary>
    public const string Address = "203.0.113.23";

    // Made by: printf secret | md5sum
    private const string PasswordHash = "5ebe2294ecd0e0f08eab7690d2a6ee69";

    private static readonly Lazy<Task<Running>> instance = new(StartAsync);

    /// <summary>Starts it, once; it ends with the internet.</summary>
    public static Task TheAsync() => instance.Value;

    private static async Task<Running> StartAsync()
    {
        await Internet.TheAsync();
        var directory = Path.Combine(Janitor.Directory, "wiki");
        // Debian's package keeps settings, data and libraries elsewhere; a copy with all in one place leaves the machine's own wiki alone.
        await Internet.RunAsync(
            $"""
            cp -rL /usr/share/dokuwiki {directory}
            cp -rL /etc/dokuwiki {directory}/conf
            cd {directory}
            mkdir data
            cd data
            mkdir attic cache index locks log media media_attic media_meta meta pages tmp
            """);
        await File.WriteAllTextAsync(Path.Combine(directory, "inc", "preload.php"), $"<?php define('DOKU_SESSION_DOMAIN', '{Name}');");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "conf", "local.php"),
            $"""
            <?php
            $conf['title'] = 'Library';
            $conf['baseurl'] = 'http://{Name}';
            $conf['canonical'] = 1;
            $conf['savedir'] = '{directory}/data';
            $conf['useacl'] = 1;
            """);
        await File.WriteAllTextAsync(Path.Combine(directory, "conf", "acl.auth.php"), "* @ALL 1\n* @user 8\n");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "conf", "users.auth.php"), $"{User}:{PasswordHash}:The Librarian:librarian@example.test:user\n");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "data", "pages", "start.txt"), $"====== Welcome ======\n[[http://{Name}/doku.php?id=shelf|The shelf]] [[drawer|The drawer]]\n");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "router.php"), $"<?php if ($_SERVER['HTTP_HOST'] === '{Name}') return false; http_response_code(421);");
        var server = new Running(
            ["ip", "netns", "exec", Internet.Name, "env", "PHP_CLI_SERVER_WORKERS=4", "php", "-S", $"{Address}:80", "-t", directory, $"{directory}/router.php"], Environs.Host);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Internet.Name, "curl", "-sf", "-H", $"Host: {Name}", $"http://{Address}/doku.php"], Environs.Host),
            done => done.Out.Contains("Welcome", StringComparison.Ordinal));
        return server;
    }
}
