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

/// <summary>
/// The boxes of one method. Each thread keeps a chain of them; a method may begin on one thread and end on another, so that who has a whole chain too many gives it to
/// all.
/// </summary>
/// <typeparam name="TResult">What the method returns.</typeparam>
/// <typeparam name="TMachine">The method.</typeparam>
internal sealed class PooledBox<TResult, TMachine> : PooledBox<TResult>
    where TMachine : IAsyncStateMachine
{
    private const int Chain = 32;

    // What is beyond as many waits at the same time is left to the collector.
    private const int MostChains = 64;
    private static readonly Stack<PooledBox<TResult, TMachine>> chains = new();

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
        if ((kept ?? TakeChain()) is not { } box)
            return new PooledBox<TResult, TMachine>();
        (kept, box.next) = (box.next, null);
        count--;
        return box;
    }

    protected override void MoveNext() => machine!.MoveNext();

    protected override void Return()
    {
        machine = default;
        if (count == Chain)
            GiveChain();
        (next, kept) = (kept, this);
        count++;
    }

    private static PooledBox<TResult, TMachine>? TakeChain()
    {
        lock (chains)
        {
            if (!chains.TryPop(out var chain))
                return null;
            count = Chain;
            return chain;
        }
    }

    private static void GiveChain()
    {
        lock (chains)
        {
            if (chains.Count < MostChains)
                chains.Push(kept!);
        }

        (kept, count) = (null, 0);
    }
}
