using System.Collections.Concurrent;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>
/// The tunnels that are open. A request ends some time, a tunnel need not: when AliasPolicies no longer allow where it leads, it is broken off. Any thread.
/// </summary>
internal sealed class OpenTunnels
{
    private readonly ConcurrentDictionary<OpenTunnel, bool> open = new();

    /// <summary>What is allowed.</summary>
    public PoliciesInForce Policies { get; } = new();

    /// <summary>Adds one, to be disposed at its end.</summary>
    /// <param name="alias">Whose it is.</param>
    /// <param name="origin">The origin.</param>
    /// <param name="address">What is dialled for it.</param>
    /// <param name="aborted">Ends it from the client's side.</param>
    public OpenTunnel Open(ObjectKey alias, GatewayOrigin origin, IPAddress address, CancellationToken aborted)
    {
        var added = new OpenTunnel(this, alias, origin, address, aborted);
        open.TryAdd(added, true);

        // One that began under the policies from before is seen by one of both.
        EndIfDenied(added);
        return added;
    }

    /// <summary>Forgets one.</summary>
    public void Remove(OpenTunnel tunnel) => open.TryRemove(tunnel, out _);

    /// <summary>Ends those that the policies do not allow that have just been put in force.</summary>
    public void Apply()
    {
        foreach (var (tunnel, _) in open)
            EndIfDenied(tunnel);
    }

    private void EndIfDenied(OpenTunnel tunnel)
    {
        if (Policies.Denies(tunnel.Alias, tunnel.Origin, tunnel.Address))
            tunnel.End();
    }
}

/// <summary>One tunnel.</summary>
internal sealed class OpenTunnel : IDisposable
{
    private readonly CancellationTokenSource life;
    private readonly OpenTunnels of;

    public OpenTunnel(OpenTunnels of, ObjectKey alias, GatewayOrigin origin, IPAddress address, CancellationToken aborted)
    {
        this.of = of;
        (Alias, Origin, Address) = (alias, origin, address);
        life = CancellationTokenSource.CreateLinkedTokenSource(aborted);
    }

    public ObjectKey Alias { get; }

    public GatewayOrigin Origin { get; }

    public IPAddress Address { get; }

    /// <summary>Cancelled when it is to end.</summary>
    public CancellationToken Token => life.Token;

    public void End()
    {
        try
        {
            life.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It came to its own end just now.
        }
    }

    public void Dispose()
    {
        of.Remove(this);
        life.Dispose();
    }
}
