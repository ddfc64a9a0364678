using System.Net;

namespace Elsewhere.Dns;

/// <summary>What to do with a datagram of a client that may not be one.</summary>
internal enum RateVerdict
{
    /// <summary>Answer.</summary>
    Answer,

    /// <summary>Answer with TC and nothing else: a real client comes back over TCP, a forged address gets no more than was sent.</summary>
    Slip,

    /// <summary>Say nothing.</summary>
    Drop,
}

/// <summary>
/// Limits what one network can be sent by who forges its addresses: so many answers in a second, then every second one is dropped and the others are
/// truncated. One per thread; a table of fixed size whose cells a new network takes over, so that a flood from everywhere costs no memory.
/// </summary>
/// <param name="perSecond">Answers per second and /24 (IPv4) or /56 (IPv6); 0 for no limit.</param>
/// <param name="nearPerSecond">The same for clients at addresses that no other network routes.</param>
internal sealed class RateLimit(int perSecond, int nearPerSecond)
{
    private const int Cells = 8192;
    private readonly ulong[] networks = new ulong[Cells];
    private readonly int[] counts = new int[Cells];
    private readonly ulong key0 = (ulong)Random.Shared.NextInt64();
    private readonly ulong key1 = (ulong)Random.Shared.NextInt64();
    private long second = long.MinValue;

    private static ReadOnlySpan<byte> Loopback => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// <summary>A limit for an address to listen at: none where only this machine can ask.</summary>
    public static RateLimit? For(IPEndPoint endPoint, DnsServerOptions options) =>
        IPAddress.IsLoopback(endPoint.Address) || (options.AnswersPerNetwork <= 0 && options.AnswersPerNearNetwork <= 0)
            ? null
            : new RateLimit(options.AnswersPerNetwork, options.AnswersPerNearNetwork);

    /// <summary>Begins a second; all counts are forgotten if it is another one.</summary>
    public void At(long now)
    {
        if (now == second)
            return;
        second = now;
        Array.Clear(counts);
    }

    /// <summary>Counts one answer to an address.</summary>
    public RateVerdict Count(ReadOnlySpan<byte> address)
    {
        var allowed = IsNear(address) ? nearPerSecond : perSecond;
        if (allowed <= 0)
            return RateVerdict.Answer;
        var network = SipHash.Compute(key0, key1, address[..(address.Length == 4 ? 3 : 7)]);
        var cell = (int)(network % Cells);
        if (networks[cell] != network)
        {
            networks[cell] = network;
            counts[cell] = 0;
        }

        var over = ++counts[cell] - allowed;
        return over <= 0 ? RateVerdict.Answer : (over & 1) == 1 ? RateVerdict.Slip : RateVerdict.Drop;
    }

    // Private, loopback, link-local and shared addresses (RFC 1918, RFC 6598, RFC 4193): what is forged to be one of them harms nobody outside.
    private static bool IsNear(ReadOnlySpan<byte> address) => address.Length == 4
        ? address[0] switch
        {
            10 or 127 => true,
            100 => (address[1] & 0xc0) == 64,
            169 => address[1] == 254,
            172 => (address[1] & 0xf0) == 16,
            192 => address[1] == 168,
            _ => false,
        }
        : (address[0] & 0xfe) == 0xfc || (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) || address.SequenceEqual(Loopback);
}
