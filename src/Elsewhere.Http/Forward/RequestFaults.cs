using System.Collections.Concurrent;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>What goes wrong with requests of one alias, under one code.</summary>
/// <param name="Alias">The alias; null where it is not known whose clients they are.</param>
/// <param name="Code">The code: of <c>docs/refusals.md</c>, or <see cref="RequestFaults.DecodeLimit"/> and its like.</param>
/// <param name="Count">How often since the start.</param>
/// <param name="LastAt">When last.</param>
/// <param name="Detail">The first case after a time without any, as a sentence.</param>
/// <param name="IsRecent">Whether the last time is less than <see cref="RequestFaults.Window"/> ago.</param>
public sealed record RequestFault(ObjectKey? Alias, string Code, long Count, DateTimeOffset LastAt, string Detail, bool IsRecent);

/// <summary>
/// Counts what goes wrong with requests, by alias and code. Whoever reads it is told when something begins, not of each case: a million of them are one line. Any
/// thread; counting takes no lock.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="changed">Told when a code is recent that was not before; must not block.</param>
public sealed class RequestFaults(TimeProvider time, Action changed)
{
    /// <summary>A body was cut off since it decodes to more than is decoded.</summary>
    public const string DecodeLimit = "decode-limit";

    /// <summary>A body broke off or is not coded as it says.</summary>
    public const string DecodeFailure = "decode-failure";

    /// <summary>A text went on as the origin wrote it, since its charset or coding cannot be read.</summary>
    public const string BodyUnmapped = "body-unmapped";

    private readonly CodeCounts totals = new();
    private readonly ConcurrentDictionary<(ObjectKey? Alias, string Code), Counted> counted = new();

    /// <summary>For how long after the last case a code is recent.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(10);

    /// <summary>All that was counted, by alias and code.</summary>
    public Seq<RequestFault> All
    {
        get
        {
            var now = time.GetUtcNow();
            return counted.Select(pair => pair.Value.Read(pair.Key.Alias, pair.Key.Code, now)).OrderBy(static fault => fault.Alias)
                .ThenBy(static fault => fault.Code, StringComparer.Ordinal).ToSeq();
        }
    }

    /// <summary>By code, those of aliases that are gone included.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Totals => totals.All;

    /// <summary>When the first of the recent ones is recent no more, if nothing comes; null if none is.</summary>
    public DateTimeOffset? Until => All.Where(static fault => fault.IsRecent).Min(static fault => (DateTimeOffset?)fault.LastAt) + Window;

    /// <summary>Counts one case.</summary>
    /// <param name="alias">Whose request it was; null where that is not known.</param>
    /// <param name="code">The code, one of a known few.</param>
    /// <param name="detail">The case as a sentence; called only if it is told.</param>
    public void Add(ObjectKey? alias, string code, Func<string> detail)
    {
        ArgumentNullException.ThrowIfNull(detail);
        totals.Add(code);
        if (counted.GetOrAdd((alias, code), static _ => new Counted()).Add(time.GetUtcNow(), detail))
            changed();
    }

    /// <summary>Forgets the aliases that there are no more.</summary>
    /// <param name="aliases">Those that there are.</param>
    public void Retain(IReadOnlySet<ObjectKey> aliases)
    {
        ArgumentNullException.ThrowIfNull(aliases);
        foreach (var key in counted.Keys)
        {
            if (key.Alias is { } alias && !aliases.Contains(alias))
                counted.TryRemove(key, out _);
        }
    }

    private sealed class Counted
    {
        private long count;
        private long lastAt = DateTimeOffset.MinValue.Ticks;
        private volatile string detail = "";

        // True for the first case after a time without any.
        public bool Add(DateTimeOffset now, Func<string> text)
        {
            Interlocked.Increment(ref count);
            if (now.Ticks - Interlocked.Exchange(ref lastAt, now.Ticks) < Window.Ticks)
                return false;
            detail = text();
            return true;
        }

        public RequestFault Read(ObjectKey? alias, string code, DateTimeOffset now)
        {
            var last = new DateTimeOffset(Volatile.Read(ref lastAt), TimeSpan.Zero);
            return new RequestFault(alias, code, Volatile.Read(ref count), last, detail, now - last < Window);
        }
    }
}
