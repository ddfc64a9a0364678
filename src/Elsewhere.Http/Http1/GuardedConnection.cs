using System.Buffers;
using System.IO.Pipelines;
using Elsewhere.Http.Interim;
using Elsewhere.Http.Network.Linux;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Http.Http1;

/// <summary>One HTTP/1.1 connection between a client and the server: what is refused is answered here.</summary>
internal static class GuardedConnection
{
    private const int MostLingering = 1 << 20;

    /// <summary>Serves the connection, then answers what was refused, if anything was.</summary>
    internal static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, Http1Limits limits, Action<Http1RefusalReport>? refused)
    {
        var transport = connection.Transport;
        var shared = new SharedWriter(transport.Output);
        var output = new GuardedOutput(shared);
        var input = new GuardedInput(transport.Input, output, limits);
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static state => ((GuardedInput)state).CheckTime(), input);
        connection.Features.Set<IInterimWriter>(output);
        connection.Features.Get<ReactorConnection>()?.RunInline();
        connection.Transport = new DuplexPipe(input, output);

        // To the server a client that has said all has gone; in a tunnel it may still listen.
        var ended = connection.ConnectionClosed;
        using var closed = new CancellationTokenSource();
        using var ending = ended.UnsafeRegister(
            static state =>
            {
                var (before, source) = ((GuardedInput, CancellationTokenSource))state!;
                if (!before.IsTunnel)
                    source.Cancel();
            },
            (input, closed));
        connection.ConnectionClosed = closed.Token;
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
            connection.ConnectionClosed = ended;
            input.Complete();
            shared.Close();
        }

        if (input.Refusal == Http1Refusal.None)
            return;
        var text = Http1RefusalText.Of(input.Refusal);
        refused?.Invoke(new(text.Code, text.Status, connection.LocalEndPoint, connection.RemoteEndPoint));
        if (input.IsAnswerOwed && await shared.SettleAsync(limits.Linger, limits.Time).ConfigureAwait(false))
            await AnswerAsync(transport, text, input.Head, limits).ConfigureAwait(false);
    }

    /// <summary>
    /// Closing a socket that has unread bytes is a reset, which may take our answer from the client before it has read it; so what it still
    /// sends is read and dropped for a while (RFC 9112 section 9.6). A client that does not take the answer is not waited for longer either.
    /// </summary>
    private static async Task AnswerAsync(IDuplexPipe transport, Http1RefusalText text, RequestHead head, Http1Limits limits)
    {
        using var timeout = new CancellationTokenSource(limits.Linger, limits.Time);
        try
        {
            transport.Output.Write(RefusalResponse.Of(text, head, limits.Time.GetUtcNow()));
            var flushed = await transport.Output.FlushAsync(timeout.Token).ConfigureAwait(false);
            for (long read = 0; read < MostLingering && !flushed.IsCompleted;)
            {
                var result = await transport.Input.ReadAsync(timeout.Token).ConfigureAwait(false);
                read += result.Buffer.Length;
                transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Time is up, or the client is gone: either way there is nobody to wait for.
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
