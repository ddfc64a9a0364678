using System.Buffers;
using System.IO.Pipelines;
using Elsewhere.Http.Http1;
using Microsoft.AspNetCore.Connections;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>What a connection begins with.</summary>
internal enum Opening
{
    /// <summary>Too little came to tell.</summary>
    Undecided,

    /// <summary>HTTP/1.1, or nothing known: that server says what is wrong.</summary>
    Http1,

    /// <summary>The preface of HTTP/2 (RFC 9113 section 3.4).</summary>
    Http2,

    /// <summary>A TLS handshake record (RFC 8446 section 5.1).</summary>
    Tls,

    /// <summary>Something came, but not enough in time.</summary>
    Late,
}

/// <summary>Looks at the first bytes of a connection: whether a client speaks what its port speaks, and which version of HTTP.</summary>
internal static class FirstBytes
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Passes a plain connection on to the server for what it speaks.</summary>
    /// <param name="http1">The server for HTTP/1.1.</param>
    /// <param name="http2">The server for HTTP/2 in clear.</param>
    /// <param name="limits">For how long it is looked.</param>
    /// <param name="refused">Told of who is too slow, or speaks TLS.</param>
    public static ConnectionDelegate OfPlain(ConnectionDelegate http1, Func<ConnectionDelegate> http2, Http1Limits limits, Action<Http1RefusalReport> refused) => async connection =>
    {
        switch (await PeekAsync(connection, limits).ConfigureAwait(false))
        {
            case Opening.Http2:
                await http2()(connection).ConfigureAwait(false);
                break;
            case Opening.Tls:
                await RefuseAsync(connection, Http1Refusal.TlsOnPlainPort, limits, refused).ConfigureAwait(false);
                break;
            case Opening.Late:
                await RefuseAsync(connection, Http1Refusal.TooSlow, limits, refused).ConfigureAwait(false);
                break;
            case Opening.Undecided or Opening.Http1:
                await http1(connection).ConfigureAwait(false);
                break;
        }
    };

    /// <summary>Passes a TLS connection on; who speaks in clear is told so, in clear.</summary>
    /// <param name="tls">The server for TLS.</param>
    /// <param name="limits">For how long it is looked.</param>
    /// <param name="refused">Told of who speaks in clear.</param>
    public static ConnectionDelegate OfSecure(ConnectionDelegate tls, Http1Limits limits, Action<Http1RefusalReport> refused) => async connection =>
    {
        if (await PeekAsync(connection, limits).ConfigureAwait(false) is Opening.Http1 or Opening.Http2)
            await RefuseAsync(connection, Http1Refusal.PlainOnTlsPort, limits, refused).ConfigureAwait(false);
        else
            await tls(connection).ConfigureAwait(false);
    };

    /// <summary>What bytes begin with.</summary>
    internal static Opening Classify(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        first = first[..(int)Math.Min(bytes.Length, first.Length)];
        bytes.Slice(0, first.Length).CopyTo(first);
        if (first.IsEmpty)
            return Opening.Undecided;
        if (first[0] == 0x16)
            return first.Length < 2 ? Opening.Undecided : first[1] == 0x03 ? Opening.Tls : Opening.Http1;
        return !Preface.StartsWith(first) ? Opening.Http1 : first.Length == Preface.Length ? Opening.Http2 : Opening.Undecided;
    }

    // A client that sends nothing, or too little, is left to the server, which has its own time-outs; this one is for the rest.
    private static async ValueTask<Opening> PeekAsync(ConnectionContext connection, Http1Limits limits)
    {
        var input = connection.Transport.Input;
        using var late = new CancellationTokenSource(limits.HeadTimeout, limits.Time);
        using var waking = late.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), input);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync().ConfigureAwait(false);
                var opening = Classify(read.Buffer);
                var isLate = late.IsCancellationRequested;
                if (opening == Opening.Undecided && !read.IsCompleted && isLate && !read.Buffer.IsEmpty)
                    opening = Opening.Late;
                if (opening == Opening.Undecided && !read.IsCompleted && !isLate)
                {
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                input.AdvanceTo(read.Buffer.Start);
                return opening;
            }
        }
        catch (IOException)
        {
            // Reset, or aborted.
            return Opening.Undecided;
        }
    }

    private static async Task RefuseAsync(ConnectionContext connection, Http1Refusal refusal, Http1Limits limits, Action<Http1RefusalReport> refused)
    {
        var text = Http1RefusalText.Of(refusal);
        refused(new Http1RefusalReport(text.Code, text.Status, connection.LocalEndPoint, connection.RemoteEndPoint));
        await connection.Transport.Output.WriteAsync(RefusalResponse.Of(text, new RequestHead(), limits.Time.GetUtcNow())).ConfigureAwait(false);
        await connection.Transport.Output.CompleteAsync().ConfigureAwait(false);
        await connection.Transport.Input.CompleteAsync().ConfigureAwait(false);
    }
}
