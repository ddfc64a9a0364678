using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Forward;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>Origins that answer with their names, and aliases that lead to them.</summary>
internal static class NamedOrigins
{
    public const string Key = "shop/payments";
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static OriginAddresses Resolved(string name, string address) => OriginAddresses.Create(
        [new OriginState(DnsName.Parse(name), [IPText.Parse(address)], TimeSpan.FromSeconds(30), TimeProvider.System.GetUtcNow(), null)]);

    public static RawOrigin Named(string name) => new(RawOrigin.Answer(name));

    public static RawOrigin Named(string name, int port, IPAddress? address = null, Action? closed = null) =>
        new(request => request.SendAsync(RawOrigin.Answer(name)), new IPEndPoint(address ?? IPAddress.Loopback, port), closed);

    public static AliasView To(params RawOrigin[] origins) => GatewayRig.Alias(Key, [.. origins.Select(static origin => origin.Url)]);

    public static AliasView Given(params int[] ports) => GatewayRig.Alias(Key, [.. ports.Select(static port => $"http://127.0.0.1:{port}")]);

    public static AliasView With(AliasView alias, params (int Index, Func<OriginView, OriginView> Change)[] changes)
    {
        var origins = alias.Origins.ToArray();
        foreach (var (index, change) in changes)
            origins[index] = change(origins[index]);
        return alias with { Origins = origins.ToSeq() };
    }

    public static async Task<List<string>> AskAsync(HttpClient client, int times)
    {
        var answers = new List<string>();
        for (var i = 0; i < times; i++)
            answers.Add(await client.GetStringAsync(new Uri("http://payments:8080/")).ContinueWith(static asked => asked.IsCompletedSuccessfully ? asked.Result : "bad", TaskScheduler.Default));
        return answers;
    }

    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await isSo())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }

    public static int FreePort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }
}
