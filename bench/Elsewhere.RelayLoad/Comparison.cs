using System.Globalization;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.RelayLoad;

/// <summary>Every relay under the same load, one after the other, each in a process of its own whose CPU time is what is compared.</summary>
internal static class Comparison
{
    private const int Rounds = 3;
    private static readonly IPEndPoint Origin = new(IPText.Parse("127.83.0.1"), 9000);

    public static async Task<int> RunAsync(double gigabytes)
    {
        var self = Environment.ProcessPath!;
        using var origin = Subject.Start("origin", self, ["origin", Origin.ToString()], Origin);
        if (origin is null)
            return 2;
        Console.WriteLine($"bytes: {gigabytes} GB each way, 4 connections; 20,000 connections of one byte, 16 at once; 40,000 round trips of 64 bytes, 8 at once; best of {Rounds}");
        Console.WriteLine($"{"relay",-12}{"down s/GB",10}{"GB/s",7}{"up s/GB",10}{"GB/s",7}{"both s/GB",11}{"conn ms",9}{"conn/s",8}{"trip us",9}{"p50 us",8}{"p99 us",8}{"MB",6}   (s, ms, us: CPU of the relay)");
        var port = 9100;
        foreach (var (name, start) in Subjects(self))
        {
            var at = new IPEndPoint(IPText.Parse("127.83.0.2"), port++);
            using var subject = start(at);
            if (subject is null)
            {
                Console.WriteLine($"{name,-12}is not installed");
                continue;
            }

            await Task.Yield();
            Console.WriteLine(name.PadRight(12) + Measure(subject, at, gigabytes));
        }

        return 0;
    }

    private static string Measure(Subject subject, IPEndPoint at, double gigabytes)
    {
        var bytes = (long)(gigabytes * 1e9 / 4);
        Load.Bulk(at, 4, bytes / 8, bytes / 8);
        Load.Connections(at, 16, 100);
        var down = Best(subject, () => Load.Bulk(at, 4, bytes, 0));
        var up = Best(subject, () => Load.Bulk(at, 4, 0, bytes));
        var both = Best(subject, () => Load.Bulk(at, 4, bytes / 2, bytes / 2));
        var connections = Best(subject, () => Load.Connections(at, 16, 1250));
        TimeSpan[] times = [];
        var trips = Best(subject, () =>
        {
            times = Load.PingPong(at, 8, 5000);
            return TimeSpan.Zero;
        });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{down.Cpu / gigabytes,10:F2}{gigabytes / down.Wall,7:F2}{up.Cpu / gigabytes,10:F2}{gigabytes / up.Wall,7:F2}{both.Cpu / gigabytes,11:F2}{connections.Cpu * 1e3 / 20_000,9:F3}{20_000 / connections.Wall,8:F0}{trips.Cpu * 1e6 / 40_000,9:F1}{times[times.Length / 2].TotalMicroseconds,8:F0}{times[times.Length * 99 / 100].TotalMicroseconds,8:F0}{subject.ResidentMegabytes,6:F0}");
    }

    private static (double Cpu, double Wall) Best(Subject subject, Func<TimeSpan> run)
    {
        var best = (Cpu: double.MaxValue, Wall: double.MaxValue);
        for (var i = 0; i < Rounds; i++)
        {
            var before = subject.Cpu;
            var wall = run().TotalSeconds;
            best = (Math.Min(best.Cpu, (subject.Cpu - before).TotalSeconds), Math.Min(best.Wall, wall));
        }

        return best;
    }

    private static IEnumerable<(string Name, Func<IPEndPoint, Subject?> Start)> Subjects(string self)
    {
        foreach (var engine in (string[])["splice", "copy", "portable"])
            yield return (engine, at => Subject.Start(engine, self, ["relay", engine, at.ToString(), Origin.ToString()], at));
        yield return ("nginx", at => Subject.Start("nginx", "/usr/sbin/nginx", ["-c", Write("nginx.conf", Nginx(at)), "-p", Path.GetTempPath()], at));
        yield return ("haproxy", at => Subject.Start("haproxy", "/usr/sbin/haproxy", ["-f", Write("haproxy.cfg", Haproxy(at, "")), "-db"], at));
        yield return ("hap-splice", at => Subject.Start("haproxy", "/usr/sbin/haproxy", ["-f", Write("haproxy.cfg", Haproxy(at, "option splice-auto")), "-db"], at));
    }

    private static string Write(string name, string text)
    {
        var path = Path.Combine(Path.GetTempPath(), $"relay-load-{name}");
        File.WriteAllText(path, text);
        return path;
    }

    private static string Nginx(IPEndPoint at) => $$"""
        load_module /usr/lib/nginx/modules/ngx_stream_module.so;
        worker_processes 2; daemon off; master_process on; error_log /dev/null; pid /tmp/relay-load-nginx.pid;
        events { worker_connections 10000; }
        stream { server { listen {{at}} reuseport; proxy_pass {{Origin}}; proxy_buffer_size 64k; } }
        """;

    private static string Haproxy(IPEndPoint at, string option) => $"""
        global
          nbthread 2
          maxconn 4000
        defaults
          mode tcp
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          {option}
        listen relay
          bind {at}
          server origin {Origin}

        """;
}
