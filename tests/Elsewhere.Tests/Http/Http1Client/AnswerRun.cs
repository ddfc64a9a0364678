using System.Text;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Tests.Http.Http1Client;

/// <summary>One answer, read from bytes that come in certain pieces; then the connection ends.</summary>
internal static class AnswerRun
{
    /// <summary>What became of it, in words: interim answers, the answer, and whether the connection would be used again; or the fault.</summary>
    public static string Of(IEnumerable<byte[]> pieces, string method = "GET", AnswerLimits? limits = null, string? upgrade = null) =>
        OfAsync(pieces, method, limits ?? AnswerLimits.Default, upgrade).GetAwaiter().GetResult();

    /// <inheritdoc cref="Of(IEnumerable{byte[]}, string, AnswerLimits?, string?)"/>
    public static string Of(string answer, string method = "GET", AnswerLimits? limits = null, string? upgrade = null) =>
        Of([Encoding.Latin1.GetBytes(answer)], method, limits, upgrade);

    private static async Task<string> OfAsync(IEnumerable<byte[]> pieces, string method, AnswerLimits limits, string? upgrade)
    {
        var text = new StringBuilder();
        using var pool = new Http1Pool((_, _) => Task.FromException<DialledStream>(new NotSupportedException()), mayAgree: false, limits, TimeProvider.System);
        using var stream = new PieceStream(pieces);
        var connection = new Http1Connection(stream, null, pool, limits);
        var request = new OriginRequest
        {
            Method = method,
            Authority = "origin.example",
            Upgrade = upgrade,
            Interim = (status, fields) => Write(text, $"{status}", fields),
        };
        try
        {
            await using (var response = await connection.Exchange.SendAsync(request, CancellationToken.None))
            {
                Write(text, $"{response.Status} {response.Reason}", response.Fields);
                text.Append('[');
                while (await response.NextAsync(CancellationToken.None) is { IsEmpty: false } piece)
                    text.Append(Encoding.Latin1.GetString(piece.Span));
                Write(text, "]", response.Trailers);
                stream.IsAskedForMore = false;
            }

            // A connection that is kept reads on, and meets the end.
            return text.Append(stream.IsAskedForMore ? "kept" : "closed").ToString();
        }
        catch (AnswerException e)
        {
            return text.Append(e.Fault).ToString();
        }
    }

    private static void Write(StringBuilder text, string first, FieldLines fields)
    {
        text.Append(first).Append('|');
        foreach (var (name, value) in fields)
            text.Append(name).Append('=').Append(value).Append('|');
    }

    private sealed class PieceStream(IEnumerable<byte[]> pieces) : Stream
    {
        private readonly Queue<byte[]> left = new(pieces.Where(static piece => piece.Length > 0));

        public bool IsAskedForMore { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            IsAskedForMore = left.Count == 0;
            if (left.Count == 0)
                return new ValueTask<int>(0);
            var piece = left.Dequeue();
            var count = Math.Min(piece.Length, buffer.Length);
            piece.AsMemory(0, count).CopyTo(buffer);
            if (count < piece.Length)
            {
                var rest = left.ToArray();
                left.Clear();
                left.Enqueue(piece[count..]);
                foreach (var next in rest)
                    left.Enqueue(next);
            }

            return new ValueTask<int>(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
