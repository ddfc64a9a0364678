namespace Elsewhere.Commands;

/// <summary>
/// What a server says, written by a thread of its own: whoever reads it may stop, and nothing that is served waits for that. A mebibyte of lines is kept for
/// the reader; the lines after that are left out, and one line in their place says how many they were.
/// </summary>
internal sealed class OutputQueue : IDisposable
{
    private const int MaxBytes = 1 << 20;

    // A reader that reads at all gets the last lines.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);
    private readonly object gate = new();
    private readonly Queue<(LineStream Stream, byte[] Line)> lines = new();
    private readonly List<LineStream> streams = [];
    private Thread? writer;
    private long held;
    private bool ended;

    /// <summary>A way to the target: at once until <see cref="Begin"/> is called, line by line afterwards.</summary>
    internal LineStream To(Stream target)
    {
        var stream = new LineStream(this, target);
        streams.Add(stream);
        return stream;
    }

    /// <summary>From now on nobody who writes waits.</summary>
    internal void Begin()
    {
        writer = new Thread(Run) { IsBackground = true, Name = "output" };
        writer.Start();
    }

    /// <summary>Takes bytes that end a line, or whatever is there before the thread has begun.</summary>
    internal void Write(LineStream stream, ReadOnlySpan<byte> line)
    {
        lock (gate)
        {
            // A line that is longer than all that may wait is written as well, if it is the only one.
            if (held > 0 && held + line.Length > MaxBytes)
            {
                stream.LeftOut++;
                return;
            }

            AddNotice(stream);
            Add(stream, line.ToArray());
        }
    }

    /// <summary>Whether lines are kept for the thread.</summary>
    internal bool HasBegun => writer is not null;

    /// <summary>Lets the thread write what is left, for as long as a reader that reads may need.</summary>
    public void Dispose()
    {
        if (writer is null)
            return;
        lock (gate)
        {
            ended = true;
            Monitor.Pulse(gate);
        }

        writer.Join(patience);
    }

    private void Run()
    {
        while (true)
        {
            (LineStream Stream, byte[] Line) next;
            lock (gate)
            {
                while (lines.Count == 0 && !ended)
                    Monitor.Wait(gate);
                if (!lines.TryDequeue(out next))
                    return;
            }

            next.Stream.Target.Write(next.Line);
            lock (gate)
            {
                held -= next.Line.Length;
                if (lines.Count == 0)
                    streams.ForEach(AddNotice);
            }
        }
    }

    private void AddNotice(LineStream stream)
    {
        if (stream.LeftOut == 0)
            return;
        var notice = stream.Notice(stream.LeftOut);
        stream.LeftOut = 0;
        Add(stream, [.. System.Text.Encoding.UTF8.GetBytes(notice), (byte)'\n']);
    }

    private void Add(LineStream stream, byte[] line)
    {
        lines.Enqueue((stream, line));
        held += line.Length;
        Monitor.Pulse(gate);
    }
}
