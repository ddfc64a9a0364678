using System.Globalization;

namespace Elsewhere.Kubernetes.Api.Tables;

/// <summary>How long ago something was, as kubectl shows it (apimachinery <c>util/duration</c>).</summary>
internal static class HumanDuration
{
    /// <summary>The age of a time as the API writes one; <c>&lt;unknown&gt;</c> for none.</summary>
    public static string Since(string? time, DateTimeOffset now) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Text(now - at) : "<unknown>";

    /// <summary>A length of time in two units at most; slightly ahead of the clock is <c>0s</c>, more is <c>&lt;invalid&gt;</c>.</summary>
    public static string Text(TimeSpan length)
    {
        var seconds = (long)length.TotalSeconds;
        var (minutes, hours) = (seconds / 60, seconds / 3600);
        var days = hours / 24;
        return true switch
        {
            _ when seconds < -1 => "<invalid>",
            _ when seconds < 0 => "0s",
            _ when seconds < 120 => $"{seconds}s",
            _ when minutes < 10 => Two(minutes, "m", seconds % 60, "s"),
            _ when minutes < 180 => $"{minutes}m",
            _ when hours < 8 => Two(hours, "h", minutes % 60, "m"),
            _ when hours < 48 => $"{hours}h",
            _ when hours < 192 => Two(days, "d", hours % 24, "h"),
            _ when hours < 24 * 365 * 2 => $"{days}d",
            _ when hours < 24 * 365 * 8 => Two(days / 365, "y", days % 365, "d"),
            _ => $"{days / 365}y",
        };
    }

    private static string Two(long large, string unit, long small, string part) => small == 0 ? $"{large}{unit}" : $"{large}{unit}{small}{part}";
}
