using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Elsewhere.Bench.Compare;

/// <summary>A server as a process, with what it costs: the processor time of it and its children, and its memory.</summary>
internal sealed partial class Server : IAsyncDisposable
{
    private const int TerminateSignal = 15;

    // The unit of utime and stime in proc(5) is a hundredth of a second on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private readonly Process process;
    private readonly Task output;

    public Server(string name, IEnumerable<string> command)
    {
        Name = name;
        var words = command.ToArray();
        process = Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // Read as fast as it is written, so that a full pipe holds nothing up.
        output = Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(Stream.Null), process.StandardError.BaseStream.CopyToAsync(Stream.Null));
    }

    public string Name { get; }

    /// <summary>The processor time so far, in seconds.</summary>
    public double ProcessorSeconds => Family().Sum(static pid => Ticks(pid)) / TicksPerSecond;

    /// <summary>The resident memory, in bytes; what children share counts for each.</summary>
    public long ResidentBytes => Family().Sum(Resident);

    /// <summary>This project's own program.</summary>
    public static Server Elsewhere(params string[] arguments) => Dotnet("elsewhere", "elsewhere.dll", arguments);

    /// <summary>A program that is built with this one.</summary>
    public static Server Dotnet(string name, string assembly, params string[] arguments) =>
        new(name, [Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);

    /// <summary>Whether a peer's program is on this machine.</summary>
    public static bool Exists(string program) => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin".Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>A port that nobody uses now, for both transports.</summary>
    public static int FreePort()
    {
        using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)tcp.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            _ = Kill(process.Id, TerminateSignal);
        await process.WaitForExitAsync();
        await output;
        process.Dispose();
    }

    private static double Ticks(int pid)
    {
        var fields = Stat(pid);
        return fields.Length == 0 ? 0 : double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private static long Resident(int pid)
    {
        var fields = Stat(pid);
        return fields.Length == 0 ? 0 : long.Parse(fields[21], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    // The fields behind the command's name, which may have blanks in it: the state is the first.
    private static string[] Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private List<int> Family()
    {
        var parents = Directory.GetDirectories("/proc")
            .Select(static path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(static pid => pid > 0)
            .Select(static pid => (pid, stat: Stat(pid)))
            .Where(static each => each.stat.Length > 0)
            .ToLookup(static each => int.Parse(each.stat[1], CultureInfo.InvariantCulture), static each => each.pid);
        var family = new List<int> { process.Id };
        for (var i = 0; i < family.Count; i++)
            family.AddRange(parents[family[i]]);
        return family;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
