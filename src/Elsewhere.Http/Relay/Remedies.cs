using System.Globalization;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>Why a port could not be bound, and the command that helps.</summary>
internal static class Remedies
{
    public static RelayProblem Explain(ObjectKey alias, RelayListen listen, SocketError error) => Explain(alias, listen, error, Environment.ProcessPath);

    internal static RelayProblem Explain(ObjectKey alias, RelayListen listen, SocketError error, string? program)
    {
        var (kind, reason, remedy) = error switch
        {
            SocketError.AccessDenied => (
                RelayProblemKind.NotPermitted,
                $"this user may not bind {listen}, since ports below 1024 are privileged",
                Permit(program)),
            SocketError.AddressAlreadyInUse => (
                RelayProblemKind.InUse,
                $"another program has {listen}",
                string.Create(CultureInfo.InvariantCulture, $"find it with: sudo ss -{(listen.Protocol == Protocol.Udp ? 'u' : 't')}lnp 'sport = :{listen.Port}'")),
            SocketError.AddressNotAvailable => (
                RelayProblemKind.NoSuchAddress,
                $"no interface of this machine has {listen.Address}",
                Add(listen)),
            SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported => (
                RelayProblemKind.NoSuchAddress,
                $"this machine has no {(listen.Address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}, which {listen} needs",
                "sudo sysctl net.ipv6.conf.all.disable_ipv6=0"),
            SocketError.TooManyOpenSockets => (
                RelayProblemKind.NoDescriptors,
                $"no file descriptor is left for {listen}",
                "raise the limit before the start: ulimit -n 1048576 (in a unit file: LimitNOFILE=1048576)"),
            _ => (
                RelayProblemKind.Failed,
                string.Create(CultureInfo.InvariantCulture, $"{listen} cannot be bound: {error} ({(int)error})"),
                "look into the system's log; it is tried again with the next change"),
        };
        return new RelayProblem(kind, alias, listen, reason, remedy);
    }

    // The capability belongs to a program file: given to the shared dotnet host it would be every .NET program's.
    private static string Permit(string? program)
    {
        const string Sysctl = "sudo sysctl net.ipv4.ip_unprivileged_port_start=0";
        return program is null || Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? Sysctl
            : $"{Sysctl}, or for this program alone: sudo setcap 'cap_net_bind_service=+ep' {program}";
    }

    private static string Add(RelayListen listen) => listen.Address.AddressFamily == AddressFamily.InterNetworkV6
        ? $"sudo ip addr add {listen.Address}/128 dev lo nodad"
        : $"sudo ip addr add {listen.Address}/32 dev lo";
}
