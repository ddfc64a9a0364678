namespace Elsewhere.Http.Relay.Linux;

/// <summary>Pipes for splice; a direction holds one only while it has bytes in it. One pool for each thread.</summary>
internal sealed unsafe class PipePool(Descriptors descriptors) : IDisposable
{
    /// <summary>What a pipe is asked to hold: 64 pages, since more did not measure faster and counts against the user's pipe pages.</summary>
    public const int Capacity = 262_144;

    private const int MostKept = 64;
    private readonly Stack<(int Out, int In)> kept = new();

    public bool TryRent(out (int Out, int In) pipe)
    {
        if (kept.TryPop(out pipe))
            return true;
        if (!descriptors.TryTake(2))
            return false;
        var ends = stackalloc int[2];
        if (Libc.Pipe(ends, Libc.NonBlocking | Libc.CloseOnExec) != 0)
        {
            descriptors.Return(2);
            return false;
        }

        // Refused when the user has many pipe pages already; the default size serves as well.
        _ = Libc.Control(ends[1], Libc.SetPipeSize, Capacity);
        pipe = (ends[0], ends[1]);
        return true;
    }

    /// <summary>Takes an empty pipe back.</summary>
    public void Return((int Out, int In) pipe)
    {
        if (kept.Count < MostKept && descriptors.Free > MostKept)
            kept.Push(pipe);
        else
            Discard(pipe);
    }

    /// <summary>Closes a pipe that still has bytes in it.</summary>
    public void Discard((int Out, int In) pipe)
    {
        _ = Libc.Close(pipe.Out);
        _ = Libc.Close(pipe.In);
        descriptors.Return(2);
    }

    public void Dispose()
    {
        while (kept.TryPop(out var pipe))
            Discard(pipe);
    }
}
