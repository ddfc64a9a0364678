using Elsewhere.Http.Http1;

namespace Elsewhere.Tests.Http.Http1;

/// <summary>What the parser made of some bytes.</summary>
/// <param name="Requests">How many requests were complete.</param>
/// <param name="Passed">How many bytes passed, dropped lines not among them.</param>
/// <param name="Refusal">Why the next one was refused.</param>
/// <param name="Between">Nothing of a further request has come.</param>
internal readonly record struct ParserRun(int Requests, long Passed, string Refusal, bool Between)
{
    public static ParserRun Of(Http1Limits limits, params IEnumerable<byte[]> pieces)
    {
        var parser = new Http1Parser(limits);
        var (requests, taken, passed, dropped) = (0, 0L, 0L, 0L);
        foreach (var piece in pieces)
        {
            var rest = piece.AsSpan();
            while (!rest.IsEmpty && parser.Refusal == Http1Refusal.None)
            {
                var step = parser.Next(rest, out var n);
                rest = rest[n..];
                taken += n;
                if (step == Http1Step.Drop)
                    dropped += taken - dropped - passed;
                else if (step is Http1Step.Head or Http1Step.Pass)
                    passed = taken - dropped;
                if (!parser.IsAtEnd)
                    continue;
                requests++;
                parser.StartNext();
            }
        }

        parser.Release();
        var refusal = parser.Refusal == Http1Refusal.None ? "" : Http1RefusalText.Of(parser.Refusal) is var text ? $"{text.Status} {text.Code}" : "";
        return new(requests, passed, refusal, parser.IsBetweenRequests);
    }

    /// <summary>Cuts into random pieces.</summary>
    public static IEnumerable<byte[]> Cut(byte[] bytes, Random random)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(bytes.Length - at, random.Next(4) == 0 ? random.Next(1, bytes.Length + 1) : random.Next(1, 8));
            yield return bytes[at..(at + length)];
            at += length;
        }
    }
}
