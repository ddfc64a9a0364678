using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Elsewhere.Http.Pooled;

/// <summary>Where the state of an asynchronous method is while it waits, and what its caller waits for.</summary>
/// <typeparam name="TResult">What the method returns.</typeparam>
internal abstract class PooledBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> core;

    protected PooledBox() => Resume = MoveNext;

    /// <summary>Goes on with the method.</summary>
    public Action Resume { get; }

    /// <summary>Tells this use from earlier ones.</summary>
    public short Version => core.Version;

    /// <summary>The method has returned. Its caller goes on at once, and another method may be in the box afterwards.</summary>
    public void SetResult(TResult result) => core.SetResult(result);

    /// <summary>The method has thrown.</summary>
    public void SetException(Exception exception) => core.SetException(exception);

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        try
        {
            return core.GetResult(token);
        }
        finally
        {
            // A token of an earlier use finds nothing of its own here.
            if (token == core.Version)
            {
                core.Reset();
                Return();
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    protected abstract void MoveNext();

    protected abstract void Return();
}

/// <summary>The boxes of one method. Each thread keeps some: requests begin and end on all threads alike.</summary>
/// <typeparam name="TResult">What the method returns.</typeparam>
/// <typeparam name="TMachine">The method.</typeparam>
internal sealed class PooledBox<TResult, TMachine> : PooledBox<TResult>
    where TMachine : IAsyncStateMachine
{
    // As many as requests wait at the same time on a busy thread; those beyond are left to the collector.
    private const int Most = 256;

    [ThreadStatic]
    private static PooledBox<TResult, TMachine>? kept;

    [ThreadStatic]
    private static int count;

    private PooledBox<TResult, TMachine>? next;
    private TMachine? machine;

    /// <summary>The method's state.</summary>
    public ref TMachine? Machine => ref machine;

    /// <summary>An empty box.</summary>
    public static PooledBox<TResult, TMachine> Rent()
    {
        if (kept is not { } box)
            return new PooledBox<TResult, TMachine>();
        (kept, box.next) = (box.next, null);
        count--;
        return box;
    }

    protected override void MoveNext() => machine!.MoveNext();

    protected override void Return()
    {
        machine = default;
        if (count == Most)
            return;
        count++;
        (next, kept) = (kept, this);
    }
}
