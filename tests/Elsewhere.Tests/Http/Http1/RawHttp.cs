using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Elsewhere.Tests.Http.Relay;

namespace Elsewhere.Tests.Http.Http1;

/// <summary>Speaks HTTP/1.1 in bytes.</summary>
internal static partial class RawHttp
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Sends a text, each character as a byte.</summary>
    public static Task SendAsync(this Socket socket, string text) => socket.SendAllAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads up to the end of the connection, however it ends.</summary>
    public static Task<string> ReadRestAsync(this Socket socket) => socket.ReadAnswersAsync(int.MaxValue);

    /// <summary>Reads until so many answers have begun, or up to the end of the connection.</summary>
    public static async Task<string> ReadAnswersAsync(this Socket socket, int count)
    {
        using var limit = new CancellationTokenSource(Deadline);
        var text = new StringBuilder();
        var buffer = new byte[65_536];
        try
        {
            while ((count == int.MaxValue || Statuses(text.ToString()).Length < count) && await socket.ReceiveAsync(buffer, limit.Token) is var read and > 0)
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        return text.ToString();
    }

    /// <summary>Reads until <paramref name="ending"/> has come; fails if the connection ends before.</summary>
    public static async Task<string> ReadUntilAsync(this Socket socket, string ending)
    {
        using var limit = new CancellationTokenSource(Deadline);
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith(ending, StringComparison.Ordinal))
        {
            if (await socket.ReceiveAsync(buffer, limit.Token) == 0)
                Assert.Fail($"the connection ended behind: {text}");
            text.Append((char)buffer[0]);
        }

        return text.ToString();
    }

    /// <summary>The final statuses in what a server has sent.</summary>
    public static int[] Statuses(string text) => [.. StatusLine().Matches(text).Select(m => int.Parse(m.Groups[1].ValueSpan, provider: null)).Where(s => s is >= 200 or 101)];

    [GeneratedRegex(@"HTTP/1\.1 (\d{3}) ")]
    private static partial Regex StatusLine();
}
