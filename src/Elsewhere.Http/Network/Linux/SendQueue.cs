using System.Collections.Concurrent;
using System.IO.Pipelines;

namespace Elsewhere.Http.Network.Linux;

/// <summary>
/// Sends for many connections in a thread of the pool, one after the other: what a connection writes while others have their turn goes out in one piece, and the pool is
/// woken once for many.
/// </summary>
internal sealed class SendQueue : PipeScheduler, IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<(Action<object?> Action, object? State)> waiting = new();
    private int isRunning;

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        waiting.Enqueue((action, state));
        if (Interlocked.Exchange(ref isRunning, 1) == 0)
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        while (true)
        {
            while (waiting.TryDequeue(out var next))
                next.Action(next.State);

            // Who comes from here on starts it again, or is seen right now.
            Interlocked.Exchange(ref isRunning, 0);
            if (waiting.IsEmpty || Interlocked.Exchange(ref isRunning, 1) == 1)
                return;
        }
    }
}
