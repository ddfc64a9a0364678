using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Read;

/// <summary>Any bytes give a view and findings: never an exception, never a hang, never an object lost without a word.</summary>
public sealed class ManifestFuzzTests
{
    private static readonly string[] Tokens =
    [
        " ", "\n", "\n  ", "- ", ": ", "? ", "[", "]", "{", "}", ",", "\"", "'", " #", "&a ", "*a", "!", "!!int ", "!!binary ", "|", ">", "|2-\n", "%", "\t",
        "---\n", "...\n", "\\", "\0", "\u0085", "\uFEFF", "<<: *a\n", "~", "1e999", ".nan", "null", "-1", "99999999999", "\ud83d\ude00", "apiVersion: v1\n",
        "kind: List\nitems:\n",
    ];

    private static readonly string[] Corpus =
    [
        .. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "specs", "validation", "cases.json"))).RootElement.GetProperty("cases")
            .EnumerateArray().Select(c => c.GetProperty("manifest").GetString()!).Where(m => m.Length is > 0 and < 2000),
        """
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: {name: payments, namespace: shop}
        spec:
          origins: [{url: "https://api.example/v2", weight: 5, addresses: [192.0.2.1], tls: {serverName: a.example, verify: true}}]
          ports: [{name: http, port: 80, protocol: TCP}]
          http: {host: Alias, timeouts: {connect: 5s}, retries: {attempts: 1, on: [connect-failure]}, requestHeaders: {set: [{name: X-A, value: b}]}}
          healthCheck: {http: {path: /, expectedStatus: ["200-399"]}, interval: 10s}
        """,
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: payments, namespace: shop}
        type: kubernetes.io/tls
        data: {tls.crt: aGVsbG8=}
        stringData: {token: secret}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: payments-ca}
        data: {ca.crt: text}
        binaryData: {der: AAEC}
        ---
        apiVersion: elsewhere.dev/v1alpha1
        kind: AliasPolicy
        metadata: {name: partners}
        spec: {namespaces: [shop, "*"], allow: [{hosts: ["*.example.com"], cidrs: [203.0.113.0/24], ports: [443]}]}
        """,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutated_manifests_are_read(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1500; i++)
        {
            var text = Mutate(Corpus[random.Next(Corpus.Length)], random);
            Check(Encoding.UTF8.GetBytes(text), text.Contains("kind", StringComparison.Ordinal) && !text.Contains("items:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Mutated_bytes_are_read()
    {
        var random = new Random(5);
        for (var i = 0; i < 1500; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(Corpus[random.Next(Corpus.Length)]);
            for (var n = random.Next(1, 6); n > 0; n--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Check(bytes, false);
        }
    }

    [Fact]
    public void Cut_manifests_are_read()
    {
        foreach (var text in Corpus.Take(60))
        {
            for (var end = 0; end < text.Length; end += 7)
                Check(Encoding.UTF8.GetBytes(text[..end]), false);
        }
    }

    [Fact]
    public void Noise_is_read()
    {
        var random = new Random(6);
        var bytes = new byte[300];
        for (var i = 0; i < 3000; i++)
        {
            random.NextBytes(bytes);
            Check(bytes.AsMemory(0, random.Next(bytes.Length)), false);
        }
    }

    [Fact]
    public void What_could_take_long_is_quick()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var unit in (string[])["[", "{", "- ", "? ", "&a ", "!x ", "a: ", "*a ", "'", "\"", "{a: ", "[{", "a:\n ", "#", "-\n", "\n", "---\n", ": ", "? [", "<<: [", "|\n "])
            Check(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, 300_000 / unit.Length))), false);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2));
    }

    private static string Mutate(string text, Random random)
    {
        var mutated = new StringBuilder(text);
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(mutated.Length + 1);
            if (random.Next(3) > 0)
                mutated.Insert(at, Tokens[random.Next(Tokens.Length)]);
            else
                mutated.Remove(at, Math.Min(random.Next(1, 6), mutated.Length - at));
        }

        return mutated.ToString();
    }

    private static void Check(ReadOnlyMemory<byte> bytes, bool hasObject)
    {
        var view = ManifestReader.Read([new("fuzz.yaml", bytes)], ReadOptions.Default);
        var objects = view.Services.Count + view.Endpoints.Count + view.EndpointSlices.Count + view.Namespaces.Count + view.Aliases.Count
            + view.Secrets.Count + view.ConfigMaps.Count + view.AliasPolicies.Count;
        Assert.All(view.Findings, f => Assert.NotNull(f.Place));
        if (hasObject)
            Assert.True(objects > 0 || view.Findings.Count > 0 || IsComment(bytes), Encoding.UTF8.GetString(bytes.Span));
    }

    private static bool IsComment(ReadOnlyMemory<byte> bytes) =>
        Encoding.UTF8.GetString(bytes.Span).Split('\n').All(l => l.TrimStart() is "" or "---" or "..." || l.TrimStart().StartsWith('#'));
}
