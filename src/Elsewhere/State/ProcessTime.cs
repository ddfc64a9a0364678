using System.Diagnostics;
using System.Globalization;

namespace Elsewhere.State;

/// <summary>When a process started.</summary>
internal static class ProcessTime
{
    /// <summary>Clock ticks since boot (proc(5), field 22 of <c>stat</c>); 0 where the system has no such file; null if there is no such process.</summary>
    internal static long? Of(int processId)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            // The second field, the program's name in parentheses, may hold blanks and parentheses itself.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            // Dead but not yet waited for (Z, X) is dead.
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OperatingSystem.IsLinux() ? null : OfOther(processId);
        }
    }

    private static long? OfOther(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return 0;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
