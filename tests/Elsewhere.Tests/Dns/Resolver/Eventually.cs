namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>Waits for what must come, with a deadline that only a broken program reaches.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static async Task TrueAsync(Func<bool> condition, string what, Action? between = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Deadline, $"after 30 s it is still not so that {what}");
            between?.Invoke();
            await Task.Delay(Step, TimeProvider.System);
        }
    }

    /// <summary>Waits until there is no difference any more.</summary>
    /// <param name="difference">What is different still; null for nothing.</param>
    public static async Task SameAsync(Func<Task<string?>> difference)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await difference() is { } still)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Deadline, still);
            await Task.Delay(Step, TimeProvider.System);
        }
    }
}
