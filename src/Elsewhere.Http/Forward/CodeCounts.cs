using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Elsewhere.Http.Forward;

/// <summary>Counts by code, of a known few. Any thread; counting takes no lock.</summary>
public sealed class CodeCounts
{
    private readonly ConcurrentDictionary<string, StrongBox<long>> counts = new(StringComparer.Ordinal);

    /// <summary>All that occurred, by code.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> All =>
        [.. counts.Select(static pair => KeyValuePair.Create(pair.Key, Volatile.Read(ref pair.Value.Value))).OrderBy(static pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>Counts one case.</summary>
    /// <param name="code">The code.</param>
    public void Add(string code) => Interlocked.Increment(ref counts.GetOrAdd(code, static _ => new StrongBox<long>()).Value);
}
