using System.Globalization;

namespace Elsewhere.Http.Relay;

/// <summary>How many connections to one target there can be: each needs a local port of its own.</summary>
internal static class LocalPorts
{
    private const int IanaDynamic = 16_384;

    public static int Count(RelayOptions options) => options.LocalPorts is { } range ? range.Last - range.First + 1 : System();

    private static int System()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
                return IanaDynamic;
            var parts = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
            return int.Parse(parts[1], CultureInfo.InvariantCulture) - int.Parse(parts[0], CultureInfo.InvariantCulture) + 1;
        }
        catch (IOException)
        {
            return IanaDynamic;
        }
    }
}
