using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.RelayLoad;

/// <summary>A process under load, and its children.</summary>
internal sealed class Subject : IDisposable
{
    private readonly Process process;

    private Subject(Process process) => this.process = process;

    /// <summary>User and system time of the process and its children, so far.</summary>
    public TimeSpan Cpu => TimeSpan.FromMilliseconds(10 * Tree().Sum(pid =>
    {
        var fields = File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Split(' ');
        return long.Parse(fields[12], CultureInfo.InvariantCulture) + long.Parse(fields[13], CultureInfo.InvariantCulture);
    }));

    public double ResidentMegabytes => Tree().Sum(pid => long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture)) * 4096 / 1e6;

    /// <summary>Starts a program and waits until it accepts; null if there is no such program.</summary>
    public static Subject? Start(string name, string program, string[] arguments, IPEndPoint at)
    {
        if (!File.Exists(program))
            return null;
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true })!;
        for (var until = Stopwatch.GetTimestamp() + (10 * Stopwatch.Frequency); Stopwatch.GetTimestamp() < until && !process.HasExited;)
        {
            try
            {
                using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(at);
                return new Subject(process);
            }
            catch (SocketException)
            {
                Thread.Yield();
            }
        }

        Console.Error.WriteLine($"{name} does not accept on {at}");
        return null;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (process.ProcessName.StartsWith("nginx", StringComparison.Ordinal) || process.ProcessName.StartsWith("haproxy", StringComparison.Ordinal))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private IEnumerable<int> Tree() => [process.Id, .. File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
}
