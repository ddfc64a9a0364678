using System.Net;
using System.Text;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>Takes so many descriptors that the tests beside it would have none.</summary>
[CollectionDefinition(nameof(RelayScale), DisableParallelization = true)]
public sealed class RelayScale;

[Collection(nameof(RelayScale))]
public sealed class RelayScaleTests
{
    [Fact]
    public async Task Ten_thousand_aliases_with_two_ports_each_all_listen()
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable: false);
        var entries = new RelayEntry[20_000];
        for (var i = 0; i < entries.Length; i++)
        {
            var address = new IPAddress([127, 251, (byte)(i / 2 / 250), (byte)(1 + (i / 2 % 250))]);
            entries[i] = Entry(new RelayListen(address, 20_080 + (i % 2), Protocol.Tcp), Target(origin.EndPoint));
        }

        var report = await relay.ApplyAsync(Table(entries));

        // Where the system gives out fewer descriptors, each port that is missing is named with what to do.
        Assert.Equal(entries.Length, report.Listening + report.Problems.Count);
        Assert.All(report.Problems, p => Assert.Equal(RelayProblemKind.NoDescriptors, p.Kind));
        Assert.Equal("one", await AskAsync(entries[0].Listen));
        Assert.Equal("one", await AskAsync(entries[report.Listening - 1].Listen));
        Assert.Equal(report.Listening, (await relay.ApplyAsync(RelayTable.Empty, TimeSpan.Zero)).Retired);
    }

    private static async Task<string> AskAsync(RelayListen listen)
    {
        using var client = await ConnectAsync(listen);
        return Encoding.ASCII.GetString(await client.ReadToEndAsync());
    }
}
