using System.Diagnostics;
using System.Globalization;

namespace Elsewhere.RealTests.World;

/// <summary>
/// Removes what this run made on the machine (namespaces, their processes, one directory) when the test process is gone, however it went:
/// a shell in a session of its own waits for the end of a pipe that only the test process holds open.
/// </summary>
internal sealed class Janitor
{
    // PostgreSQL leaves shared memory behind unless it is asked to go; everything else may be killed.
    private const string Sweep =
        """
        sweep() {
          for pid in "$2"/*/postmaster.pid; do [ -f "$pid" ] && kill -QUIT "$(head -n 1 "$pid")" && sleep 0.5; done
          for name in $(ip netns list | cut -d ' ' -f 1 | grep "^$1-"); do
            ip netns pids "$name" | xargs -r kill -KILL
            ip netns delete "$name"
          done
          rm -rf "$2"
          return 0
        }

        """;

    // The pipe stays open as long as this object lives, which is as long as the process.
    private readonly Process waiting;

    private Janitor(Process waiting) => this.waiting = waiting;

    /// <summary>The beginning of the names of this run's namespaces; the process id makes it unique.</summary>
    public static string Prefix { get; } = $"ew{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The directory of this run; other users may look into it.</summary>
    public static string Directory { get; } = $"/var/tmp/elsewhere-real-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";

    public int Pid => waiting.Id;

    /// <summary>Removes what runs before left behind that lost their janitor too, then engages one for this run.</summary>
    public static async Task<Janitor> EngageAsync()
    {
        const string leftOvers =
            """
            for left in /var/tmp/elsewhere-real-*; do
              pid=${left##*-}
              [ -d "$left" ] && ! kill -0 "$pid" && sweep "ew$pid" "$left"
            done
            exit 0
            """;
        (await Shell.RunAsync(["sh", "-c", Sweep + leftOvers], Environs.Host)).Well();
        System.IO.Directory.CreateDirectory(Directory);
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_101_101);
        return new Janitor(Wait(Prefix, Directory));
    }

    /// <summary>Starts the shell that waits for the end of its standard input and then removes all that bears the prefix.</summary>
    public static Process Wait(string prefix, string directory) =>
        Shell.Start(["setsid", "sh", "-c", $"exec >/dev/null 2>&1\n{Sweep}read -r never; sweep {prefix} {directory}"], Environs.Host);
}
