using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>Whether a server does what it is measured at.</summary>
internal static class DocumentCheck
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until it answers, and looks whether the origin's name is left in what it says.</summary>
    /// <exception cref="InvalidOperationException">It does not, or it is left.</exception>
    public static async Task RunAsync(HttpPeer peer)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new DnsEndPoint(peer.Host, peer.Plain), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var text = await AskAsync(client, string.Create(CultureInfo.InvariantCulture, $"http://{HttpPeers.ClientName}:{peer.Plain}/document.html"));
        if (peer.Rewrites && text.Contains(HttpPeers.OriginName, StringComparison.Ordinal))
            throw new InvalidOperationException($"{peer.Server.Name} leaves the origin's name in the document");
    }

    private static async Task<string> AskAsync(HttpClient client, string url)
    {
        var from = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await client.GetStringAsync(new Uri(url));
            }
            catch (HttpRequestException e)
            {
                if (TimeProvider.System.GetElapsedTime(from) > patience)
                    throw new InvalidOperationException($"{url} is not answered", e);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
