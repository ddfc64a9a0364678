using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Elsewhere.Http.Forward;

/// <summary>The body of the request, read from the client as the origin takes it: nothing is kept, and nothing is waited for.</summary>
internal sealed class ClientBody(GatewayExchange exchange) : HttpContent
{
    /// <summary>Told of every piece.</summary>
    public Action? Moved { get; set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // A body whose end is not told may be alive, and pause: the alias' idle time-out is for it. One of known length that pauses is only slow.
        if (exchange.Request.Headers.ContentLength is null && exchange.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var reader = exchange.Features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        exchange.BodyRead = true;
        while (true)
        {
            var reading = reader.ReadAsync(cancellationToken);

            // The client pauses: what came goes out, since somebody may wait for an answer to it.
            if (!reading.IsCompleted)
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            System.IO.Pipelines.ReadResult read;
            try
            {
                read = await reading.ConfigureAwait(false);
            }
            catch (Exception e) when (e is BadHttpRequestException or IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
            {
                exchange.ClientError = e;
                throw;
            }

            if (read.IsCanceled)
                throw new OperationCanceledException();
            foreach (var piece in read.Buffer)
                await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            Moved?.Invoke();
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        // Where the client says how long it is, that field is the length.
        length = 0;
        return false;
    }
}

/// <summary>No body, for the sake of the fields that describe one.</summary>
internal sealed class NoBody : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
