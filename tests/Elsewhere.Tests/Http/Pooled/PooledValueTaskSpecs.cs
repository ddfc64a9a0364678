using System.Runtime.CompilerServices;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Tests.Http.Pooled;

/// <summary>Asynchronous methods whose state is used again.</summary>
public sealed class PooledValueTaskSpecs
{
    [Fact]
    public async Task What_needs_no_wait_returns_at_once()
    {
        var sum = SumAsync(Task.FromResult(1), Task.FromResult(2));

        Assert.True(sum.IsCompletedSuccessfully);
        Assert.Equal(3, await sum);
    }

    [Fact]
    public async Task What_waits_returns_when_that_is_over()
    {
        var (first, second) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        var sum = SumAsync(first.Task, second.Task);
        Assert.False(sum.IsCompleted);

        first.SetResult(1);
        Assert.False(sum.IsCompleted);
        second.SetResult(2);

        Assert.Equal(3, await sum);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_thrown_before_or_after_a_wait_comes_to_the_caller(bool waits)
    {
        var source = new TaskCompletionSource();
        var failing = FailAsync(waits ? source.Task : Task.CompletedTask);
        source.SetResult();

        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await failing)).Message);
    }

    [Fact]
    public async Task A_cancelled_wait_is_a_cancelled_method()
    {
        var source = new TaskCompletionSource<int>();
        var sum = SumAsync(Task.FromResult(1), source.Task);
        source.SetCanceled(new CancellationToken(canceled: true));

        Assert.True(sum.IsCanceled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sum);
    }

    [Fact]
    public async Task What_was_awaited_already_cannot_be_awaited_again()
    {
        var source = new TaskCompletionSource<int>();
        var sum = SumAsync(Task.FromResult(1), source.Task);
        source.SetResult(2);
        Assert.Equal(3, await sum);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await sum);
    }

    [Fact]
    public async Task A_thousand_that_wait_at_the_same_time_on_many_threads_each_get_their_own()
    {
        for (var round = 0; round < 20; round++)
        {
            var sources = Enumerable.Range(0, 1000).Select(static _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
            var sums = sources.Select(static (source, i) => NestAsync(source.Task, i).AsTask()).ToArray();
            Parallel.ForEach(sources, static (source, _, i) => source.SetResult((int)i));

            Assert.Equal(Enumerable.Range(0, 1000).Select(static i => 2 * i), await Task.WhenAll(sums));
        }
    }

    [Fact]
    public void The_second_time_nothing_is_allocated_however_many_wait()
    {
        const int many = 100;
        var waits = Enumerable.Range(0, many).Select(static _ => new Wait()).ToArray();
        var sums = new ValueTask<int>[many];
        Run(waits, sums);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(waits, sums);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void What_begins_on_one_thread_and_ends_on_another_is_used_again_by_the_first()
    {
        const int many = 512;
        var waits = Enumerable.Range(0, many).Select(static _ => new Wait()).ToArray();
        var sums = new ValueTask<long>[many];
        Begin(waits, sums);
        On(() => End(waits, sums));

        var before = GC.GetAllocatedBytesForCurrentThread();
        Begin(waits, sums);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        On(() => End(waits, sums));

        // The other thread keeps no more than one chain for itself.
        Assert.InRange(allocated, 0, 32 * 512);
    }

    private static void On(Action work)
    {
        var thread = new Thread(() => work());
        thread.Start();
        thread.Join();
    }

    private static void Begin(Wait[] waits, ValueTask<long>[] sums)
    {
        for (var i = 0; i < waits.Length; i++)
        {
#pragma warning disable CA2012 // Each is consumed once, at its end.
            sums[i] = ElsewhereAsync(waits[i], i);
#pragma warning restore CA2012
        }
    }

    private static void End(Wait[] waits, ValueTask<long>[] sums)
    {
        for (var i = 0; i < waits.Length; i++)
        {
            waits[i].End();
            Assert.Equal(i, sums[i].GetAwaiter().GetResult());
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private static async ValueTask<long> ElsewhereAsync(Wait wait, int result)
    {
        await wait;
        return result;
    }

    private static void Run(Wait[] waits, ValueTask<int>[] sums)
    {
        for (var i = 0; i < waits.Length; i++)
#pragma warning disable CA2012 // Each is consumed once, below.
            sums[i] = OfAsync(waits[i], i);
#pragma warning restore CA2012
        foreach (var wait in waits)
            wait.End();
        for (var i = 0; i < waits.Length; i++)
        {
            if (sums[i].GetAwaiter().GetResult() != i)
                throw new InvalidOperationException("another one's result");
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private static async ValueTask<int> SumAsync(Task<int> first, Task<int> second) => await first + await second;

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private static async ValueTask<int> NestAsync(Task<int> first, int second)
    {
        await Nothing(first);
        return await SumAsync(first, Task.FromResult(second));
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private static async ValueTask Nothing(Task first) => await first;

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private static async ValueTask FailAsync(Task first)
    {
        await first;
        throw new InvalidOperationException("broken");
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private static async ValueTask<int> OfAsync(Wait wait, int result)
    {
        await wait;
        return result;
    }


    /// <summary>A wait that costs nothing.</summary>
    private sealed class Wait : ICriticalNotifyCompletion
    {
        private Action? continuation;

        public bool IsCompleted => false;

        public Wait GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action action) => continuation = action;

        public void UnsafeOnCompleted(Action action) => continuation = action;

        public void End() => continuation!();
    }
}
