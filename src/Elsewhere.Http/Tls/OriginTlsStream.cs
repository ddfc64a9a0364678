using System.Net.Security;
using Elsewhere.Http.Connect;

namespace Elsewhere.Http.Tls;

/// <summary>A TLS connection to an origin, whose first read says by name that the origin did not accept us.</summary>
internal sealed class OriginTlsStream(Stream transport, bool hasClientCertificate) : SslStream(transport, leaveInnerStreamOpen: false)
{
    private bool accepted;

    /// <summary>What is below.</summary>
    public Stream Transport => InnerStream;

    /// <inheritdoc/>
    /// <exception cref="OriginConnectException">The origin wants another client certificate, or one at all.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = base.ReadAsync(buffer, cancellationToken);
        return accepted ? read : FirstAsync(read, buffer.Length);
    }

    private async ValueTask<int> FirstAsync(ValueTask<int> read, int wanted)
    {
        try
        {
            var count = await read.ConfigureAwait(false);
            accepted |= count > 0 || wanted > 0;
            return count;
        }
        catch (IOException e) when (TlsErrors.OfFirstRead(e, hasClientCertificate) is not OriginFailure.None and var failure)
        {
            throw new OriginConnectException(failure, e);
        }
    }
}
