using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Http2Client;

/// <content>What comes from the origin.</content>
internal sealed partial class Http2Connection
{
    private const int TableSize = 4096;

    // So many frames of no use in ten seconds, with nothing of use between them, are a flood.
    private const int MostUseless = 1000;
    private const int UselessSeconds = 10;
    private readonly HpackDecoder decoder = new(TableSize);
    private readonly AnswerBlock block;
    private readonly FieldTaker takeField;
    private Http2Stream? current;
    private byte[] blockBytes = [];
    private int blockLength;
    private int blockFrames;
    private FrameHead blockHead;
    private bool hasSettings;
    private int receiveCredit;
    private int useless;
    private long uselessSince;

    /// <summary>Whether the reader is at a stream, outside the gate. Under the gate.</summary>
    public bool IsAt(Http2Stream one) => current == one;

    private async Task ReadAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 * (FrameHead.MostPayload + FrameHead.Size));
        var (start, end) = (0, 0);
        try
        {
            while (true)
            {
                while (TryFrame(buffer.AsSpan(start, end - start), out var head))
                {
                    Take(head, buffer.AsSpan(start + FrameHead.Size, head.Length));
                    start += FrameHead.Size + head.Length;
                }

                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                Flush();
                var count = await stream.ReadAsync(buffer.AsMemory(end)).ConfigureAwait(false);
                if (count == 0)
                    throw new EndOfStreamException();
                end += count;
            }
        }
        catch (Http2FaultException e)
        {
            Fail(e.Fault, null, e.Error);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Fail(AnswerFault.Closed, e, null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (blockBytes.Length > 0)
                ArrayPool<byte>.Shared.Return(blockBytes);
            blockBytes = [];
            decoder.Release();
        }
    }

    private bool TryFrame(ReadOnlySpan<byte> bytes, out FrameHead head)
    {
        head = default;
        if (bytes.Length < FrameHead.Size)
            return false;
        head = FrameHead.Read(bytes);
        if (!hasSettings && (head.Kind != FrameKind.Settings || head.Has(FrameHead.Ack)))
            throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.Protocol);
        if (head.Length > FrameHead.MostPayload)
            throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FrameSize);
        return bytes.Length >= FrameHead.Size + head.Length;
    }

    private void Take(FrameHead head, ReadOnlySpan<byte> payload)
    {
        // RFC 9113 section 6.10: nothing may come between the parts of a block.
        if (blockFrames > 0 && (head.Kind != FrameKind.Continuation || head.Stream != blockHead.Stream))
            throw Wrong();
        var isOfStream = head.Kind is FrameKind.Data or FrameKind.Headers or FrameKind.Priority or FrameKind.Reset or FrameKind.Continuation;
        var isOfConnection = head.Kind is FrameKind.Settings or FrameKind.Ping or FrameKind.GoAway;
        if ((isOfStream && head.Stream == 0) || (isOfConnection && head.Stream != 0))
            throw Wrong();
        switch (head.Kind)
        {
            case FrameKind.Data:
                OnData(head, Unpadded(head, payload));
                break;
            case FrameKind.Headers:
                payload = Unpadded(head, payload);
                if (head.Has(FrameHead.WithPriority))
                    payload = payload.Length >= 5 ? payload[5..] : throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FrameSize);
                blockHead = head;
                OnBlock(head, payload);
                break;
            case FrameKind.Continuation:
                if (blockFrames == 0)
                    throw Wrong();
                if (payload.IsEmpty)
                    CountUseless();
                OnBlock(head, payload);
                break;
            case FrameKind.Reset:
                Expect(payload, 4);
                OnReset(head, (Http2Error)BinaryPrimitives.ReadInt32BigEndian(payload));
                break;
            case FrameKind.Settings:
                OnSettings(head, payload);
                break;
            case FrameKind.Push:
                // It is switched off.
                throw Wrong();
            case FrameKind.Ping:
                Expect(payload, 8);
                CountUseless();
                if (!head.Has(FrameHead.Ack))
                    Answer(FrameKind.Ping, payload);
                break;
            case FrameKind.GoAway:
                if (payload.Length < 8)
                    throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FrameSize);
                CountUseless();
                OnGoAway(BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            case FrameKind.WindowUpdate:
                Expect(payload, 4);
                CountUseless();
                OnWindow(head, BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue);
                break;
            default:
                CountUseless();
                break;
        }
    }

    private void OnData(FrameHead head, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty && !head.Has(FrameHead.EndStream))
            CountUseless();
        else
            useless = 0;
        var freed = false;
        lock (Gate)
        {
            // The connection's window is never what anybody waits for.
            receiveCredit += head.Length;
            if (receiveCredit >= ConnectionWindow / 2)
            {
                output.Add(FrameKind.WindowUpdate, 0, receiveCredit);
                receiveCredit = 0;
            }

            if (Find(head.Stream) is { RemoteEnded: false } one)
            {
                var fault = one.OnData(content, head.Length, head.Has(FrameHead.EndStream));
                if (fault != AnswerFault.None)
                {
                    Reset(one, fault == AnswerFault.WindowExceeded ? Http2Error.FlowControl : Http2Error.Protocol);
                    one.Fail(new AnswerException(fault));
                }
                else if (head.Has(FrameHead.EndStream))
                {
                    EndRemote(one);
                }

                freed = one.IsClosed;
            }
        }

        if (freed)
            Freed();
    }

    private void OnBlock(FrameHead head, ReadOnlySpan<byte> part)
    {
        // Twice what a decoded block may be: one that is too large costs its stream, not the connection, as long as that is cheap.
        if (blockLength + part.Length > 2 * limits.Head || blockFrames > 2 * limits.Head / 1024)
            throw new Http2FaultException(AnswerFault.HeadTooLarge, Http2Error.EnhanceYourCalm);
        blockFrames++;
        if (head.Has(FrameHead.EndHeaders) && blockFrames == 1)
        {
            blockFrames = 0;
            OnFields(part);
            return;
        }

        if (blockBytes.Length < blockLength + part.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * FrameHead.MostPayload, Math.Max(2 * blockBytes.Length, blockLength + part.Length)));
            blockBytes.AsSpan(0, blockLength).CopyTo(larger);
            if (blockBytes.Length > 0)
                ArrayPool<byte>.Shared.Return(blockBytes);
            blockBytes = larger;
        }

        part.CopyTo(blockBytes.AsSpan(blockLength));
        blockLength += part.Length;
        if (!head.Has(FrameHead.EndHeaders))
            return;
        var length = blockLength;
        (blockFrames, blockLength) = (0, 0);
        OnFields(blockBytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(blockBytes);
        blockBytes = [];
    }

    private void OnFields(ReadOnlySpan<byte> bytes)
    {
        Http2Stream? one;
        lock (Gate)
            current = one = Find(blockHead.Stream) is { RemoteEnded: false } open ? open : null;
        var isTrailers = one is { HasHead: true };
        block.Begin(isTrailers ? one!.Trailers : one?.Fields, isTrailers, one?.HeadTaken ?? 0);
        if (!decoder.TryDecode(bytes, takeField))
            throw new Http2FaultException(AnswerFault.BlockMalformed, Http2Error.Compression);
        var fault = block.End();
        var endsStream = blockHead.Has(FrameHead.EndStream);
        if (one is not null && fault == AnswerFault.None)
        {
            if (!isTrailers && block.Status < 200)
                fault = endsStream ? AnswerFault.FrameMalformed : block.Status == 101 ? AnswerFault.SwitchUnasked : AnswerFault.None;
            else if (isTrailers && !endsStream)
                fault = AnswerFault.FrameMalformed;
            if (fault == AnswerFault.None && !isTrailers && block.Status < 200)
                one.OnInterim(block.Status);
        }

        var freed = false;
        lock (Gate)
        {
            if (one is { IsClosed: false })
            {
                if (fault == AnswerFault.None)
                    fault = one.OnBlock(block, isTrailers, endsStream);
                if (fault != AnswerFault.None)
                {
                    Reset(one, Http2Error.Protocol);
                    one.Fail(new AnswerException(fault));
                }
                else
                {
                    hasAnswered |= one.HasHead;
                    if (one.HasHead)
                        useless = 0;
                    if (endsStream)
                        EndRemote(one);
                }

                freed = one.IsClosed;
            }

            current = null;
        }

        if (one is null)
            CountUseless();
        if (freed)
            Freed();
    }

    private void OnReset(FrameHead head, Http2Error error)
    {
        lock (Gate)
        {
            if (Find(head.Stream) is { } one)
            {
                Close(one);

                // RFC 9113 section 8.1: an answer that is complete is one, whatever becomes of the request.
                if (!one.RemoteEnded)
                    one.Fail(new AnswerException(error == Http2Error.RefusedStream && !one.HasBegun ? AnswerFault.StreamRefused : AnswerFault.StreamReset));
            }
        }

        CountUseless();
        Freed();
    }

    private void OnSettings(FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.Has(FrameHead.Ack) ? payload.Length != 0 : payload.Length % 6 != 0)
            throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FrameSize);
        CountUseless();
        if (head.Has(FrameHead.Ack))
            return;
        lock (Gate)
        {
            if (!hasSettings)
                mostStreams = int.MaxValue;
            hasSettings = true;
            for (; !payload.IsEmpty; payload = payload[6..])
                Apply(BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
            output.Add(FrameKind.Settings, FrameHead.Ack, 0, []);
            CheckWaiting();
        }

        Freed();
    }

    // RFC 9113 section 6.5.2. The size of the table is of no interest to an encoder that has none.
    private void Apply(ushort setting, uint value)
    {
        switch (setting)
        {
            case 2 when value != 0:
            case 5 when value is < 16_384 or > 16_777_215:
                throw Wrong();
            case 3:
                mostStreams = (int)Math.Min(value, int.MaxValue);
                break;
            case 4:
                if (value > int.MaxValue)
                    throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FlowControl);
                foreach (var one in streams.Values)
                    one.SendWindow = Sum(one.SendWindow, (int)value - peerWindow);
                peerWindow = (int)value;
                WakeAll();
                break;
            case 6:
                MostHead = value;
                break;
        }
    }

    private void OnGoAway(int last)
    {
        lock (Gate)
        {
            isOpen = false;
            foreach (var one in streams.Values.Where(one => one.Id > last).ToList())
            {
                Close(one);
                one.Refuse();
                one.Fail(new AnswerException(AnswerFault.StreamRefused));
            }
        }

        Freed();
    }

    private void OnWindow(FrameHead head, int by)
    {
        lock (Gate)
        {
            if (head.Stream == 0)
            {
                if (by == 0)
                    throw Wrong();
                sendWindow = Sum(sendWindow, by);
                WakeAll();
            }
            else if (Find(head.Stream) is { } one)
            {
                if (by != 0 && (long)one.SendWindow + by <= int.MaxValue)
                {
                    one.SendWindow += by;
                    one.Upload.Wake();
                }
                else
                {
                    Reset(one, by == 0 ? Http2Error.Protocol : Http2Error.FlowControl);
                    one.Fail(new AnswerException(AnswerFault.FrameMalformed));
                }
            }
        }
    }

    // A stream that is open; null for one that was. Under the gate.
    private Http2Stream? Find(int id)
    {
        if (streams.TryGetValue(id, out var one))
            return one;
        return (id & 1) == 1 && (nextId < 0 || id < nextId) ? null : throw Wrong();
    }

    private void EndRemote(Http2Stream one)
    {
        one.RemoteEnded = true;
        if (one.LocalEnded)
            Close(one);
    }

    private void Answer(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        lock (Gate)
        {
            output.Add(kind, FrameHead.Ack, 0, payload);
            CheckWaiting();
        }
    }

    private void CheckWaiting()
    {
        if (output.Count > MostWaiting)
            throw new Http2FaultException(AnswerFault.Flood, Http2Error.EnhanceYourCalm);
    }

    private void CountUseless()
    {
        if (useless++ == 0)
            uselessSince = pool.Time.GetTimestamp();
        if (useless <= MostUseless)
            return;
        if (pool.Time.GetElapsedTime(uselessSince).TotalSeconds < UselessSeconds)
            throw new Http2FaultException(AnswerFault.Flood, Http2Error.EnhanceYourCalm);
        useless = 0;
    }

    private static int Sum(int window, int by) =>
        (long)window + by <= int.MaxValue ? window + by : throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FlowControl);

    private static ReadOnlySpan<byte> Unpadded(FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (!head.Has(FrameHead.Padded))
            return payload;
        return payload.Length > 0 && payload[0] < payload.Length ? payload[1..^payload[0]] : throw Wrong();
    }

    private static void Expect(ReadOnlySpan<byte> payload, int length)
    {
        if (payload.Length != length)
            throw new Http2FaultException(AnswerFault.FrameMalformed, Http2Error.FrameSize);
    }

    private static Http2FaultException Wrong() => new(AnswerFault.FrameMalformed, Http2Error.Protocol);
}

/// <summary>A rule of the connection is broken: it ends (RFC 9113 section 5.4.1).</summary>
internal sealed class Http2FaultException(AnswerFault fault, Http2Error error) : Exception
{
    /// <summary>What is wrong.</summary>
    public AnswerFault Fault => fault;

    /// <summary>What the origin is told.</summary>
    public Http2Error Error => error;
}
