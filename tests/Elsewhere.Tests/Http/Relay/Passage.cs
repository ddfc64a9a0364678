using System.Net.Sockets;
using System.Security.Cryptography;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>Random bytes on their way from one socket to another, in random pieces; nothing of them is kept but their hashes.</summary>
internal sealed class Passage(long total, int seed)
{
    private long sent;

    public byte[] Sent { get; private set; } = [];

    public byte[] Received { get; private set; } = [];

    /// <summary>The most bytes that were sent and not yet received: what sockets, pipes and the relay held.</summary>
    public long MostOnTheWay { get; private set; }

    public async Task SendAsync(Socket socket)
    {
        var random = new Random(seed);
        var noise = new byte[4 << 20];
        random.NextBytes(noise);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var left = total; left > 0;)
        {
            var most = random.Next(4) switch { 0 => 10, 1 => 2_000, 2 => 70_000, _ => 2_000_000 };
            var piece = noise.AsMemory(random.Next(2 << 20), (int)Math.Min(left, random.Next(1, most)));
            hash.AppendData(piece.Span);
            Interlocked.Add(ref sent, piece.Length);
            await socket.SendAllAsync(piece);
            left -= piece.Length;
        }

        socket.Shutdown(SocketShutdown.Send);
        Sent = hash.GetHashAndReset();
    }

    public async Task ReceiveAsync(Socket socket)
    {
        var random = new Random(~seed);
        var buffer = new byte[1 << 20];
        long received = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)));
            if (count == 0)
                break;
            hash.AppendData(buffer, 0, count);
            received += count;
            MostOnTheWay = Math.Max(MostOnTheWay, Interlocked.Read(ref sent) - received);
        }

        Received = hash.GetHashAndReset();
    }
}
