using Elsewhere.Http.Network.Linux;
using Elsewhere.Http.Network.Portable;
using Elsewhere.Http.Relay.Linux;

namespace Elsewhere.Http.Network;

/// <summary>The ways to use sockets that there are here.</summary>
internal static class Networks
{
    /// <summary>The best one of this system; all gateways of a process share it.</summary>
    public static INetwork Default { get; } = LinuxEngine.IsSupported ? new ReactorNetwork() : new FrameworkNetwork();
}
