using System.Net;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Serving;

/// <summary>A file and a client want one service address: who has it keeps it, whoever comes first, and the other is told.</summary>
public sealed class ContestedAddressSpecs : IDisposable
{
    private const string Services = "/api/v1/namespaces/default/services";
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-contested-").FullName;

    private string Manifest => Path.Combine(directory, "file.yaml");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task The_api_refuses_what_a_file_has()
    {
        await using var live = await LiveApi.StartAsync([directory]);
        var address = live.Address(77);
        await WriteAsync(address);
        await Eventually.TrueAsync(() => AddressOf(live, "file") is not null, "the file is served");

        var refused = await live.Api.SendAsync("POST", Services, Body("api", address));

        Assert.Equal(422, refused.Code);
        Assert.Contains("provided IP is already allocated", refused.Message, StringComparison.Ordinal);
        Assert.Equal(address, AddressOf(live, "file"));
    }

    [Fact]
    public async Task A_file_does_not_take_what_a_client_has_and_gets_it_when_that_goes()
    {
        await using var live = await LiveApi.StartAsync([directory]);
        var address = live.Address(78);
        Assert.Equal(201, (await live.Api.SendAsync("POST", Services, Body("api", address))).Code);
        await WriteAsync(address);
        await Eventually.TrueAsync(() => live.Engine.Live.Snapshot.Findings.Any(static finding => finding.Code == "service-address-taken"), "it is told");

        Assert.Equal((address, null), (AddressOf(live, "api"), AddressOf(live, "file")));
        Assert.Equal("file", Assert.Single(live.Engine.Live.Snapshot.Findings, static finding => finding.Code == "service-address-taken").Object.Name);

        Assert.Equal(200, (await live.Api.SendAsync("DELETE", $"{Services}/api")).Code);
        await Eventually.TrueAsync(() => AddressOf(live, "file") is not null, "the file has it now");
        Assert.Equal(address, AddressOf(live, "file"));
        Assert.DoesNotContain(live.Engine.Live.Snapshot.Findings, static finding => finding.Code == "service-address-taken");
    }

    [Fact]
    public async Task Of_many_that_come_at_once_no_two_have_one_address_and_the_api_shows_the_one_that_is_served()
    {
        await using var live = await LiveApi.StartAsync([directory]);
        for (var round = 0; round < 10; round++)
        {
            var first = 10 * round;
            var writing = Task.WhenAll(Enumerable.Range(first, 10).Select(number => live.Api.SendAsync("POST", Services, Body($"api-{number}", null))));
            await File.WriteAllTextAsync(Manifest, string.Join("---\n", Enumerable.Range(0, first + 10).Select(static number => Service($"file-{number}", null))));
            Assert.All(await writing, static answer => Assert.Equal(201, answer.Code));
            await Eventually.TrueAsync(() => Enumerable.Range(first, 10).All(number => AddressOf(live, $"file-{number}") is not null), "the file is served");
        }

        var given = live.Engine.Live.Snapshot.Addresses.Entries;
        Assert.Equal(given.Count, given.Select(static entry => entry.Address).Distinct().Count());
        Assert.DoesNotContain(live.Engine.Live.Snapshot.Findings, static finding => finding.Code == "service-address-taken");
        foreach (var number in Enumerable.Range(0, 100))
        {
            var shown = (await live.Api.SendAsync("GET", $"{Services}/api-{number}")).Body["spec"]!.Str("clusterIP");
            Assert.Equal(AddressOf(live, $"api-{number}")!.ToString(), shown);
        }
    }

    private static IPAddress? AddressOf(LiveApi live, string name) =>
        live.Engine.Live.Snapshot.Aliases.FirstOrDefault(alias => alias.Key == new ObjectKey("default", name))?.ServiceAddresses.Select(static address => address).FirstOrDefault();

    private static string Body(string name, IPAddress? address) =>
        $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"clusterIP":"{{{address}}}","ports":[{"port":80}]}}""";

    private static string Service(string name, IPAddress? address) =>
        $"kind: Service\napiVersion: v1\nmetadata: {{ name: {name} }}\nspec: {{ {(address is null ? "" : $"clusterIP: {address}, ")}ports: [{{ port: 80 }}] }}\n";

    private Task WriteAsync(IPAddress address) => File.WriteAllTextAsync(Manifest, Service("file", address));
}
