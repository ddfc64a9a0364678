using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsewhere.Http.Pooled;

/// <summary>
/// Makes an asynchronous method keep its state in an object that is used again (<see cref="AsyncMethodBuilderAttribute"/>). The framework's own builder of that kind
/// keeps one object for each method and processor: with more requests waiting than that, most of them get a new one at each of their methods.
/// </summary>
/// <remarks>
/// No execution context goes along: methods that are built like this have nothing that flows with it (no <see cref="AsyncLocal{T}"/>). As with every
/// <see cref="ValueTask{TResult}"/>, what such a method returns is awaited once.
/// </remarks>
/// <typeparam name="TResult">What the method returns.</typeparam>
[StructLayout(LayoutKind.Auto)]
internal struct PooledValueTask<TResult>
{
    private PooledBox<TResult>? box;
    private Exception? failure;
    private TResult? result;

    /// <summary>What the caller gets. Read once, when the method has returned to it for the first time.</summary>
    public readonly ValueTask<TResult> Task => box is not null ? new ValueTask<TResult>(box, box.Version)
        : failure is not null ? ValueTask.FromException<TResult>(failure)
        : new ValueTask<TResult>(result!);

    /// <summary>The same without a result.</summary>
    internal readonly ValueTask Ended => box is not null ? new ValueTask(box, box.Version)
        : failure is not null ? ValueTask.FromException(failure)
        : default;

    public static PooledValueTask<TResult> Create() => default;

#pragma warning disable CA1822, IDE0060 // The compiler calls them so.
    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => machine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
    }
#pragma warning restore CA1822, IDE0060

    public void SetResult(TResult value)
    {
        if (box is { } waiting)
            waiting.SetResult(value);
        else
            result = value;
    }

    public void SetException(Exception exception)
    {
        if (box is { } waiting)
            waiting.SetException(exception);
        else
            failure = exception;
    }

    public void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => awaiter.OnCompleted(Keep(ref machine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Keep(ref machine));

    // This builder is a part of the method's state: it must know the box before that is copied into it.
    private Action Keep<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine
    {
        if (box is { } known)
            return known.Resume;
        var rented = PooledBox<TResult, TMachine>.Rent();
        box = rented;
        rented.Machine = machine;
        return rented.Resume;
    }
}

/// <summary><see cref="PooledValueTask{TResult}"/> for methods without a result.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct PooledValueTask
{
    private PooledValueTask<bool> builder;

    public readonly ValueTask Task => builder.Ended;

    public static PooledValueTask Create() => default;

    public readonly void Start<TMachine>(ref TMachine machine)
        where TMachine : IAsyncStateMachine => builder.Start(ref machine);

    public readonly void SetStateMachine(IAsyncStateMachine machine) => builder.SetStateMachine(machine);

    public void SetResult() => builder.SetResult(value: true);

    public void SetException(Exception exception) => builder.SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion
        where TMachine : IAsyncStateMachine => builder.AwaitOnCompleted(ref awaiter, ref machine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion
        where TMachine : IAsyncStateMachine => builder.AwaitUnsafeOnCompleted(ref awaiter, ref machine);
}
