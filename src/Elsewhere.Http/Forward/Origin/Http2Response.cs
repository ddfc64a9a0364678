using System.Buffers;
using System.Net.Http.Headers;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>An answer that came by HTTP/2.</summary>
internal sealed class Http2Response : OriginResponse
{
    private const int Piece = 32 * 1024;
    private readonly HttpRequestMessage request;
    private readonly HttpResponseMessage response;
    private FieldLines? trailers;
    private Stream? body;
    private byte[] buffer = [];
    private bool isAtEnd;
    private bool isReading;

    /// <summary>Holds both messages until it is disposed of.</summary>
    public Http2Response(HttpRequestMessage request, HttpResponseMessage response)
    {
        (this.request, this.response) = (request, response);
        Add(Fields, response.Headers.NonValidated);
        Add(Fields, response.Content.Headers.NonValidated);
    }

    /// <inheritdoc/>
    public override int Status => (int)response.StatusCode;

    /// <inheritdoc/>
    public override string? Reason => response.ReasonPhrase;

    /// <inheritdoc/>
    public override FieldLines Fields { get; } = new();

    /// <inheritdoc/>
    public override FieldLines Trailers
    {
        get
        {
            if (trailers is null)
                Add(trailers = new FieldLines(), response.TrailingHeaders.NonValidated);
            return trailers;
        }
    }

    /// <inheritdoc/>
    public override bool IsAtEnd => isAtEnd;

    /// <inheritdoc/>
    public override Stream Switched => throw new NotSupportedException("HTTP/2 does not switch");

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        body ??= await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);

        // A read of nothing ends when there is something, and needs no buffer until then.
        await body.ReadAsync(Memory<byte>.Empty, cancellation).ConfigureAwait(false);
        if (buffer.Length == 0)
            buffer = ArrayPool<byte>.Shared.Rent(Piece);
        isReading = true;
        var count = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        isReading = false;
        isAtEnd = count == 0;
        return buffer.AsMemory(0, count);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (body is not null)
            await body.DisposeAsync().ConfigureAwait(false);
        response.Dispose();
        request.Dispose();

        // A read that is under way may still write into the buffer.
        if (buffer.Length > 0 && !isReading)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    private static void Add(FieldLines lines, HttpHeadersNonValidated fields)
    {
        foreach (var (name, values) in fields)
        {
            foreach (var value in values)
                lines.Add(name, value);
        }
    }
}
