using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>What a load came to.</summary>
/// <param name="Requests">How many were asked for.</param>
/// <param name="Failed">How many of them were not answered with a status of success.</param>
/// <param name="PerSecond">How many were answered in a second.</param>
internal sealed record LoadResult(int Requests, int Failed, double PerSecond);

/// <summary>The load generator of nghttp2, for every version of HTTP.</summary>
internal static partial class H2Load
{
    /// <summary>Asks.</summary>
    /// <param name="protocol">Options that choose the version of HTTP.</param>
    /// <param name="url">What for; its authority is the client name.</param>
    /// <param name="where">Whom, <c>host:port</c>.</param>
    /// <param name="requests">How often.</param>
    public static async Task<LoadResult> RunAsync(IEnumerable<string> protocol, string url, string where, int requests)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "h2load", [.. protocol, "-n", requests.ToString(CultureInfo.InvariantCulture), $"--connect-to={where}", url])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var (speed, codes) = (Speed().Match(text), Successes().Match(text));
        return speed.Success && codes.Success
            ? new LoadResult(requests, requests - int.Parse(codes.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(speed.Groups[1].Value, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"h2load said what is not understood:\n{text}");
    }

    [GeneratedRegex(@"finished in \S+ ([\d.]+) req/s")]
    private static partial Regex Speed();

    [GeneratedRegex(@"status codes: (\d+) 2xx")]
    private static partial Regex Successes();
}
