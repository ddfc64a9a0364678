using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>What all threads of the engine share.</summary>
/// <param name="Options">How to behave.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Live">Reads the live table.</param>
/// <param name="Descriptors">The descriptors that may be used.</param>
internal sealed record LinuxContext(RelayOptions Options, RelayClock Clock, Func<LiveTable> Live, Descriptors Descriptors);
