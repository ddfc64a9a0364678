using System.Buffers;
using System.IO.Pipelines;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Interim;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Http.Http2;

/// <summary>One HTTP/2 connection between a client and the server.</summary>
internal static class WatchedConnection
{
    /// <summary>The code of frames that are of no use, or streams that are opened to be reset.</summary>
    internal const string Flood = "http2-flood";

    /// <summary>The code of what breaks a rule of HTTP/2 or of HPACK, and of a head that is larger than it may be.</summary>
    internal const string Malformed = "http2-malformed";

    /// <summary>The code of a response that is taken too slowly.</summary>
    internal const string ReadsTooSlowly = "client-reads-too-slowly";

    private static readonly TimeSpan settle = TimeSpan.FromSeconds(1);

    /// <summary>GOAWAY of no stream with ENHANCE_YOUR_CALM (RFC 9113 sections 6.8 and 7).</summary>
    private static ReadOnlySpan<byte> GoAway => [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];

    /// <summary>Serves the connection, as long as what the client sends is of use.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="next">The server.</param>
    /// <param name="limits">How slowly the client may take what the server sends.</param>
    /// <param name="refused">Told of the code under which the client was sent away.</param>
    internal static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, Http1Limits limits, Action<string>? refused)
    {
        var transport = connection.Transport;
        var shared = new SharedWriter(transport.Output);
        var output = new WatchedOutput(shared, limits);
        var input = new WatchedInput(transport.Input, output, new FrameWatch(limits.Time));
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static state => ((Heart)state).Beat(), new Heart(connection, output, refused));
        connection.Features.Set<IInterimWriter>(output);
        connection.Features.Set(output);
        connection.Transport = new DuplexPipe(input, output);
        using var closed = connection.ConnectionClosed.UnsafeRegister(static state => ((SentStreams)state!).EndAll(), output.Streams);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
            shared.Close();
        }

        // An error of its own the server tells elsewhere, and floods as well.
        const int none = 0, internalError = 2, enhanceYourCalm = 11;
        if (!input.IsCut)
        {
            if (output.Error is not (none or internalError or enhanceYourCalm))
                refused?.Invoke(Malformed);
            return;
        }

        refused?.Invoke(Flood);
        if (!await shared.SettleAsync(settle, limits.Time).ConfigureAwait(false))
            return;
        transport.Output.Write(GoAway);
        _ = await transport.Output.FlushAsync().ConfigureAwait(false);
    }

    // A client that takes too little of a connection is cut off; what it takes of a stream is looked at by whoever answers there.
    private sealed class Heart(ConnectionContext connection, WatchedOutput output, Action<string>? refused)
    {
        private bool isOver;

        public void Beat()
        {
            if (isOver || !output.IsTooSlow)
                return;
            isOver = true;
            refused?.Invoke(ReadsTooSlowly);
            connection.Abort(new ConnectionAbortedException("the client takes what is sent more slowly than it may"));
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
