using BenchmarkDotNet.Attributes;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Bench;

/// <summary>One question among 10,000 aliases, from the octets of the query to those of the reply; no socket.</summary>
[MemoryDiagnoser]
public class DnsAnswerBench
{
    private static readonly byte[] client = [127, 0, 0, 1];
    private readonly AnswerSettings settings = new(Recursion: true, default, CookieKey0: 1, CookieKey1: 2);
    private readonly byte[] reply = new byte[AnswerSettings.MaxDatagram];
    private readonly byte[] address = DnsClient.Question("service-5000.team-250.svc.cluster.local", DnsClient.A);
    private readonly byte[] noName = DnsClient.Question("service-5000.team-251.svc.cluster.local", DnsClient.A);
    private readonly byte[] outside = DnsClient.Question("www.example.test", DnsClient.A);
    private DnsTable table = null!;

    [GlobalSetup]
    public void Setup() => table = DnsTable.Build(Model.Resolve.Run(Clusters.View(10_000), Clusters.Options), DnsTableOptions.Default);

    [Benchmark(Baseline = true)]
    public int Address() => Answer(address);

    [Benchmark]
    public int NoSuchName() => Answer(noName);

    /// <summary>The decision to ask upstream, not the asking.</summary>
    [Benchmark]
    public int Outside() => Answer(outside);

    private int Answer(byte[] query)
    {
        _ = Answerer.Answer(table, query, new AnswerContext(settings, DnsTransport.Udp, 0, client), reply, out var length);
        return length;
    }
}

/// <summary>The table of a whole snapshot.</summary>
[MemoryDiagnoser]
public class DnsTableBench
{
    private AliasSnapshot snapshot = null!;

    [Params(10, 1_000, 10_000)]
    public int Aliases { get; set; }

    [GlobalSetup]
    public void Setup() => snapshot = Model.Resolve.Run(Clusters.View(Aliases), Clusters.Options);

    [Benchmark]
    public DnsTable Build() => DnsTable.Build(snapshot, DnsTableOptions.Default);
}
