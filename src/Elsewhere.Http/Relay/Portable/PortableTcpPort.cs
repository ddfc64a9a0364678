using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Portable;

/// <summary>One TCP listener and its accept loop.</summary>
internal sealed class PortableTcpPort(PortableEngine engine, Listener listener, Socket socket) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource stopping = new();
    private Task accepting = Task.CompletedTask;

    public void Start() => accepting = AcceptAsync();

    public async Task StopAsync(bool refuse)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        try
        {
            while (!refuse && socket.Poll(0, SelectMode.SelectRead))
                Take(socket.Accept());
        }
        catch (SocketException)
        {
            // Whoever waited has gone again, or there is no descriptor for it: closing refuses the rest.
        }

        socket.Dispose();
        stopping.Dispose();
    }

    public ValueTask DisposeAsync() => new(StopAsync(refuse: true));

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Take(await socket.AcceptAsync(stopping.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                engine.CountPause();
                await Task.Delay(Pause, engine.Clock.Time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The client has gone before it was accepted.
            }
        }
    }

    private void Take(Socket client)
    {
        if (engine.Live[listener.Slot] is { } slot && slot.Listener == listener)
        {
            _ = new PortableSession(engine, slot, client).RunAsync();
            return;
        }

        PortableSession.Reset(client);
    }
}
