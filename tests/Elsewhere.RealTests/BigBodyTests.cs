using System.Globalization;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>A body of any size passes; none is kept.</summary>
public sealed class BigBodyTests
{
    private const long Size = 256L << 20;
    private const long MostKibibytes = 96 * 1024;

    [RealFact]
    public async Task Large_bodies_pass_both_ways_by_either_version_and_memory_stays_flat()
    {
        await using var machine = await Machine.CreateAsync();
        (await machine.ShellAsync($"truncate -s {Size} big")).Well();
        await machine.WriteAsync("origin.js",
            $$"""
            const fs = require('fs');
            require('http').createServer((request, response) => {
              if (request.method !== 'PUT') {
                response.writeHead(200, { 'Content-Length': {{Size}} });
                return fs.createReadStream('big').pipe(response);
              }
              let length = 0;
              request.on('data', piece => length += piece.length).on('end', () => response.end(`${length}`));
            }).listen(9090, '127.0.0.1');
            """);
        var origin = machine.Start("node", "origin.js");
        await Eventually.TrueAsync(async () => (await machine.RunAsync("nc", "-z", "127.0.0.1", "9090")).ExitCode == 0, origin.ToString);
        await machine.WriteAsync("alias.yaml", "apiVersion: elsewhere.dev/v1alpha1\nkind: Alias\nmetadata: { name: big, namespace: shop }\nspec: { origins: [{ url: \"http://127.0.0.1:9090\" }] }\n");
        var run = await machine.RunElsewhereAsync("-f", "alias.yaml");
        var address = await machine.AskAsync("big.shop.svc.cluster.local");
        const string curl = "curl -sS -k -H Expect:";
        (await machine.ShellAsync($"echo x >small; for way in http:// '--http2 https://'; do {curl} -T small ${{way}}{address}/; {curl} ${{way}}{address}/ | head -c 1000000 >/dev/null; done")).Well();
        var before = PeakOf(run.Pid);

        foreach (var way in (string[])["http://", "--http2 https://"])
        {
            Assert.Equal($"{Size}", (await machine.ShellAsync($"{curl} {way}{address}/ | wc -c")).Well().Text);
            Assert.Equal($"{Size}", (await machine.ShellAsync($"{curl} -T big {way}{address}/")).Well().Text);
            Assert.Equal($"{Size}", (await machine.ShellAsync($"{curl} -H 'Transfer-Encoding: chunked' -T big {way}{address}/")).Well().Text);
        }

        Assert.InRange(PeakOf(run.Pid) - before, 0, MostKibibytes);
    }

    // In kibibytes.
    private static long PeakOf(int process) => File.ReadLines($"/proc/{process}/status").Where(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)).Single();
}
