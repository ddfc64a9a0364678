using System.Net;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Model;

namespace Elsewhere.Http.Connect;

/// <summary>One address and port: its health, shared by all aliases that lead there (the relay's policy), and the places for connects under way.</summary>
#pragma warning disable CA1001 // a semaphore holds nothing of the system's as long as nobody asks for its wait handle
internal sealed class DialledAddress(IPAddress address, int port, int places)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim free = new(places);
    private int users;

    public IPEndPoint EndPoint => Health.EndPoint;

    public TargetState Health { get; } = new(address, port, Protocol.Tcp);

    /// <summary>Whether nobody connects there right now.</summary>
    public bool IsIdle => Volatile.Read(ref users) == 0;

    /// <summary>Waits for a place.</summary>
    public async Task EnterAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref users);
        try
        {
            await free.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Decrement(ref users);
            throw;
        }
    }

    public void Leave()
    {
        free.Release();
        Interlocked.Decrement(ref users);
    }
}
