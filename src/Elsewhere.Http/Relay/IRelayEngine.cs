using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay;

/// <summary>Moves the bytes. One engine for Linux, one for everything else.</summary>
internal interface IRelayEngine : IAsyncDisposable
{
    /// <summary>Its name in the status.</summary>
    string Name { get; }

    /// <summary>TCP connections relayed or being connected.</summary>
    int Sessions { get; }

    /// <summary>UDP associations.</summary>
    int Associations { get; }

    /// <summary>How often accepting stopped for want of descriptors.</summary>
    long AcceptPauses { get; }

    /// <summary>What to tell whoever runs this.</summary>
    IEnumerable<string> Notes { get; }

    /// <summary>Binds and listens, but accepts nothing yet. Success, or why not.</summary>
    SocketError Bind(Listener listener);

    /// <summary>Starts to accept; the live table has the listener by now.</summary>
    void Start(Listener listener);

    /// <summary>Takes what waits to be accepted, then closes; done when the port is free again.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="refuse">Whether what waits is reset instead: there is nowhere to take it.</param>
    Task StopAsync(Listener listener, bool refuse);

    /// <summary>The live table has changed: start to drain what it does not keep, move UDP associations.</summary>
    void Sweep();

    /// <summary>Resets whatever is left.</summary>
    Task AbortAsync();
}
