using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsewhere.Bench.Compare.Conformance;

/// <summary>The program h2spec.</summary>
internal static partial class H2Spec
{
    /// <summary>Asks a server all of its cases by TLS.</summary>
    /// <returns>How many it passed, and how many it failed.</returns>
    public static async Task<(int Passed, int Failed)> RunAsync(string program, string host, int port)
    {
        using var process = Process.Start(new ProcessStartInfo(
            program, ["-t", "-k", "-o", "2", "-h", host, "-p", port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var counts = Counts().Match(text);
        return counts.Success
            ? (int.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(counts.Groups[2].Value, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"h2spec said what is not understood:\n{text}");
    }

    [GeneratedRegex(@"\d+ tests, (\d+) passed, \d+ skipped, (\d+) failed")]
    private static partial Regex Counts();
}
