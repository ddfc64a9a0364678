using System.Diagnostics;

namespace Elsewhere.RealTests.World;

/// <summary>
/// Waiting for what must come. The deadline is far beyond what is expected, so that a busy machine fails no test;
/// what took how long is a figure for bench, not a verdict.
/// </summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>Asks again and again until the answer is yes; returns how long that took.</summary>
    public static async Task<TimeSpan> TrueAsync(Func<Task<bool>> question, Func<string> complaint)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await question())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline)
                Assert.Fail($"not within {Deadline.TotalSeconds} s: {complaint()}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Runs a command again and again until its output is as asked for.</summary>
    public static async Task<Done> OutputAsync(Func<Task<Done>> command, Func<Done, bool> asAsked)
    {
        Done? last = null;
        await TrueAsync(async () => asAsked(last = await command()), () => $"{last}");
        return last!;
    }
}
