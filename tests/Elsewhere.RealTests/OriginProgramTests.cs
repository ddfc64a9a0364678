using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>Programs that people run, behind an alias, with the clients that people use. Each calls itself by a name of its own.</summary>
public sealed class OriginProgramTests
{
    [RealTheory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Git_clones_and_pushes(string scheme)
    {
        await using var machine = await ServeAsync(Alias("code", ApacheOrigin.Git));

        var work = (await machine.ElsewhereAsync("exec", "--", "sh", "-ec",
            $"""
            export HOME=$PWD GIT_TERMINAL_PROMPT=0
            git config --global user.email me@example.test
            git config --global user.name Me
            git clone -q {scheme}://code/shop.git
            cd shop
            git checkout -q -b {scheme}
            head -c 300000 /dev/urandom | base64 >large.txt
            git add large.txt
            git commit -q -m 'A change by {scheme}'
            git push -q origin {scheme}
            cd ..
            git clone -q --branch {scheme} {scheme}://code/shop.git again
            cmp shop/large.txt again/large.txt
            git -C again log --format=%s
            """)).Well();

        Assert.Equal($"A change by {scheme}", work.Lines[0]);
    }

    [RealFact]
    public async Task WebDAV_copies_and_moves_between_the_alias_own_urls()
    {
        await using var machine = await ServeAsync(Alias("files", ApacheOrigin.Dav));

        // Over https: Apache refuses a Destination of another scheme than its own.
        var copied = await CurlAsync(machine, "-T", "/etc/hostname", "https://files/a.txt");
        var copy = await CurlAsync(machine, "-X", "COPY", "-H", "Destination: https://files/b.txt", "https://files/a.txt");
        var move = await CurlAsync(machine, "-X", "MOVE", "-H", "Destination: https://files.default/c.txt", "https://files.default/b.txt");
        var list = await CurlAsync(machine, "-X", "PROPFIND", "-H", "Depth: 1", "https://files/");

        Assert.Contains("Location: https://files/b.txt", copy, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Location: https://files.default/c.txt", move, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("c.txt</D:href>", list, StringComparison.Ordinal);
        Assert.DoesNotContain("b.txt</D:href>", list, StringComparison.Ordinal);
        Assert.All([copied, copy, move, list], static answer =>
        {
            Assert.Matches("^HTTP/[0-9.]+ (201|204|207) ", answer);
            Assert.DoesNotContain(ApacheOrigin.Dav, answer, StringComparison.OrdinalIgnoreCase);
        });
    }

    [RealFact]
    public async Task Cadaver_copies_and_moves()
    {
        await using var machine = await ServeAsync(Alias("share", ApacheOrigin.Dav));

        var cadaver = await machine.RunAsync(
            ["elsewhere", "exec", "--", "cadaver", "http://share/"], "mkcol box\nput /etc/hostname box/one.txt\ncopy box/one.txt box/two.txt\nmove box/two.txt box/three.txt\nls box\nquit\n");

        Assert.Contains("three.txt", cadaver.Well().Out, StringComparison.Ordinal);
        Assert.DoesNotContain("two.txt  ", cadaver.Out.Split("Listing", 2)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("failed", cadaver.Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task A_container_image_is_pushed_and_pulled_with_a_token_of_a_server_that_only_the_registry_names()
    {
        await RegistryOrigin.TheAsync();
        await using var machine = await ServeAsync($"{Alias("images", RegistryOrigin.Registry)}---\n{Alias("tokens", RegistryOrigin.Token)}");

        // What a container engine does (Docker Registry HTTP API V2), each next URL taken from the answer before.
        var said = (await machine.ElsewhereAsync("exec", "--", "sh", "-ec",
            $$$"""
            field() { sed -n "s/^$1: *//Ip" head | tr -d '\r'; }
            curl -sS -o body -D head http://images/v2/
            cat head
            realm=$(field WWW-Authenticate | sed 's/.*realm="\([^"]*\)".*/\1/')
            token=$(curl -sSf "$realm?service=registry&scope=repository:shop/app:pull,push" | sed 's/.*"token":"\([^"]*\)".*/\1/')
            ask() { curl -sSf -D head -H "Authorization: Bearer $token" "$@"; cat head; }
            put() {
              ask -X POST http://images/v2/shop/app/blobs/uploads/
              ask -X PATCH -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$(field Location)"
              ask -X PUT "$(field Location)&digest=sha256:$(sha256sum <"$1" | cut -d ' ' -f 1)"
            }
            head -c 200000 /dev/urandom >layer
            printf '{"architecture":"amd64","os":"linux","config":{"Labels":{"from":"http://{{{RegistryOrigin.Registry}}}/"} } }' >config
            put layer
            put config
            entry() { printf '{"mediaType":"%s","size":%s,"digest":"sha256:%s"}' "$2" "$(stat -c %s $1)" "$(sha256sum <$1 | cut -d ' ' -f 1)"; }
            v2=application/vnd.docker.distribution.manifest.v2+json
            printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s],"annotations":{"from":"http://{{{RegistryOrigin.Registry}}}/"}}' $v2 \
              "$(entry config application/vnd.docker.container.image.v1+json)" "$(entry layer application/vnd.docker.image.rootfs.diff.tar.gzip)" >manifest
            ask -X PUT -H "Content-Type: $v2" --data-binary @manifest http://images/v2/shop/app/manifests/latest
            ask -H "Accept: $v2" -o pulled http://images/v2/shop/app/manifests/latest
            cmp manifest pulled
            ask -o pulled-layer "http://images/v2/shop/app/blobs/sha256:$(sha256sum <layer | cut -d ' ' -f 1)"
            cmp layer pulled-layer
            """)).Well().Out;

        Assert.Contains("Bearer realm=\"http://tokens/token\"", said, StringComparison.Ordinal);
        Assert.Contains("Location: http://images/v2/shop/app/manifests/sha256:", said, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("example.test", said, StringComparison.Ordinal);
    }

    [RealTheory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_package_is_published_and_installed_with_a_login_that_npm_has_for_the_alias_alone(string scheme)
    {
        await NpmOrigin.TheAsync();
        await using var machine = await ServeAsync(Alias("packages", NpmOrigin.Name));

        // npm sends a login only where it belongs: a package's address of another name would be refused without it.
        var work = (await machine.ElsewhereAsync("exec", "--", "sh", "-ec",
            $$"""
            export HOME=$PWD npm_config_registry={{scheme}}://packages/ npm_config_globalconfig=$PWD/npmrc npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
            curl -sSf -X PUT -H 'Content-Type: application/json' -d '{"name":"by-{{scheme}}","password":"long enough"}' \
              "$npm_config_registry-/user/org.couchdb.user:by-{{scheme}}" >login
            npm config set "//packages/:_authToken=$(sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' login)"
            mkdir shelf shop
            cd shelf
            echo '{"name":"shelf-{{scheme}}","version":"1.0.0"}' >package.json
            echo 'module.exports = "A shelf by {{scheme}}"' >index.js
            npm publish >../published
            cd ../shop
            npm init -y >../begun
            npm install shelf-{{scheme}} >../installed
            node -p 'require("shelf-{{scheme}}")'
            npm view shelf-{{scheme}} dist.tarball
            curl -sSf -H "Authorization: Bearer $(sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' ../login)" "{{scheme}}://packages.default/shelf-{{scheme}}"
            """)).Well();

        Assert.Equal([$"A shelf by {scheme}", $"{scheme}://packages/shelf-{scheme}/-/shelf-{scheme}-1.0.0.tgz"], work.Lines[..2]);
        Assert.Contains($"{scheme}://packages.default/shelf-{scheme}/-/shelf-{scheme}-1.0.0.tgz", work.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(NpmOrigin.Name, work.Out, StringComparison.Ordinal);
    }

    private static async Task<Machine> ServeAsync(string manifest)
    {
        await ApacheOrigin.TheAsync();
        var machine = await Machine.CreateAsync();
        await machine.WriteAsync("alias.yaml", manifest);
        await machine.RunElsewhereAsync("-f", "alias.yaml");
        return machine;
    }

    private static string Alias(string name, string origin) =>
        $$"""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: { name: {{name}} }
        spec: { origins: [{ url: "http://{{origin}}" }] }

        """;

    private static async Task<string> CurlAsync(Machine machine, params string[] arguments) =>
        (await machine.ElsewhereAsync(["exec", "--", "curl", "-sS", "-i", .. arguments])).Well().Out;
}
