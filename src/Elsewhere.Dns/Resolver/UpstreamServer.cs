using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What is known of one upstream server.</summary>
/// <param name="EndPoint">Where it is.</param>
/// <param name="Healthy">Whether it answered lately; one that did not is asked last, and probed.</param>
/// <param name="Looping">Whether it forwards to us; it is not asked then.</param>
/// <param name="RoundTrip">The smoothed time to its answers; null before the first.</param>
/// <param name="Queries">Queries sent, repetitions and probes counted.</param>
/// <param name="Failures">Those without a usable answer.</param>
public sealed record UpstreamState(IPEndPoint EndPoint, bool Healthy, bool Looping, TimeSpan? RoundTrip, long Queries, long Failures);

/// <summary>One upstream server: its health, and what it cannot do.</summary>
internal sealed class UpstreamServer(IPEndPoint endPoint, TimeProvider time) : IDisposable
{
    // Two labels of 16 hexadecimal digits.
    private const int ProbeLength = 17 + 17 + 1;
    private const int FailuresUntilDown = 2;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestHedge = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private int failuresInRow;
    private int pauses;
    private long probeDue;
    private TimeSpan? roundTrip;
    private long queries;
    private long failures;
    private bool down;
    private bool looping;
    private bool loopSeen;
    private DnsName? probeName;
    private CancellationTokenSource loopFound = new();

    public IPEndPoint EndPoint { get; } = endPoint;

    /// <summary>False once it answered a query with EDNS by an error and the same one without by an answer.</summary>
    public bool SpeaksEdns { get; set; } = true;

    /// <summary>False once it did not repeat the case of a question.</summary>
    public bool KeepsCase { get; set; } = true;

    public bool IsUp
    {
        get
        {
            lock (gate)
                return !down && !looping;
        }
    }

    public bool IsLooping
    {
        get
        {
            lock (gate)
                return looping;
        }
    }

    /// <summary>Cancelled when it is found to forward to us: what it was asked would else be waited for to the end.</summary>
    public CancellationToken LoopFound
    {
        get
        {
            lock (gate)
                return loopFound.Token;
        }
    }

    public UpstreamState State
    {
        get
        {
            lock (gate)
                return new UpstreamState(EndPoint, !down && !looping, looping, roundTrip, queries, failures);
        }
    }

    /// <summary>How long its answer is waited for before another server is asked too.</summary>
    public TimeSpan HedgeAfter(TimeSpan longest)
    {
        lock (gate)
        {
            var usual = roundTrip is { } known && 4 * known > ShortestHedge ? 4 * known : ShortestHedge;
            return roundTrip is not null && usual < longest ? usual : longest;
        }
    }

    public void Sent()
    {
        lock (gate)
            queries++;
    }

    public void Answered(TimeSpan took)
    {
        lock (gate)
        {
            roundTrip = roundTrip is { } known ? (known * 0.75) + (took * 0.25) : took;
            failuresInRow = pauses = 0;
            down = false;
        }
    }

    public void Failed()
    {
        lock (gate)
        {
            failures++;
            if (++failuresInRow >= FailuresUntilDown)
                Pause();
        }
    }

    /// <summary>Whether it is down and has rested long enough to be probed; a caller that is told so must probe.</summary>
    public bool TakeProbe()
    {
        lock (gate)
        {
            if ((!down && !looping) || time.GetTimestamp() < probeDue)
                return false;
            Pause();
            return true;
        }
    }

    /// <summary>A name of 128 random bits in two labels (a single one would stay inside some stub resolvers), known to nobody else.</summary>
    public DnsName NewProbe()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        var high = BinaryPrimitives.ReadUInt64BigEndian(random);
        var low = BinaryPrimitives.ReadUInt64BigEndian(random[8..]);
        var name = DnsName.Parse($"{high:x16}.{low:x16}.");
        lock (gate)
        {
            probeName = name;
            loopSeen = false;
            if (loopFound.IsCancellationRequested)
            {
                loopFound.Dispose();
                loopFound = new CancellationTokenSource();
            }
        }

        return name;
    }

    /// <summary>The probe came back, or did not: a loop that it did not show is over.</summary>
    public void ProbeDone()
    {
        lock (gate)
            looping = loopSeen;
    }

    /// <summary>Whether a name may be a probe at all.</summary>
    public static bool MayBeProbe(DnsName name) => name.Wire.Length == ProbeLength;

    /// <summary>Whether the name is this server's probe: then the server asked us what we asked it.</summary>
    public bool TakeLoop(DnsName name)
    {
        lock (gate)
        {
            if (probeName != name)
                return false;
            looping = loopSeen = true;
            Pause();
            _ = loopFound.CancelAsync();
            return true;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            probeName = null;
            loopFound.Dispose();
        }
    }

    private void Pause()
    {
        down = true;
        var pause = FirstPause * Math.Pow(2, Math.Min(pauses++, 10));
        probeDue = time.GetTimestamp() + (long)((pause < LongestPause ? pause : LongestPause).TotalSeconds * time.TimestampFrequency);
    }
}
