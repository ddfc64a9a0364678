using System.Threading.Channels;
using Elsewhere.Kubernetes.Api;

namespace Elsewhere.Serving.Status;

/// <summary>
/// Brings how aliases do into the API: a little later than it is so, and together what comes together, so that publishing waits for nobody. Nothing is made of it as
/// long as nobody has asked the API.
/// </summary>
internal sealed class StatusReporter : IAsyncDisposable
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(200);
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ApiObjects? objects;
    private readonly Task running;

    private StatusReporter(ApiObjects? objects, Func<IReadOnlyList<AliasReport>> reports, TimeProvider time)
    {
        this.objects = objects;
        running = objects is null ? Task.CompletedTask : RunAsync(objects, reports, time);
    }

    /// <summary>Begins to report.</summary>
    /// <param name="objects">Where to; null for nowhere.</param>
    /// <param name="reports">How aliases do.</param>
    /// <param name="time">The clock.</param>
    internal static StatusReporter Start(ApiObjects? objects, Func<IReadOnlyList<AliasReport>> reports, TimeProvider time)
    {
        var started = new StatusReporter(objects, reports, time);
        if (objects is not null)
        {
            objects.Asked = () =>
            {
                started.Changed();
                return started.first.Task;
            };
        }

        return started;
    }

    /// <summary>Something may be new. Any thread.</summary>
    internal void Changed() => wake.Writer.TryWrite(true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (objects is not null)
            objects.Asked = static () => Task.CompletedTask;
        await over.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        first.TrySetResult();
        over.Dispose();
    }

    private async Task RunAsync(ApiObjects objects, Func<IReadOnlyList<AliasReport>> reports, TimeProvider time)
    {
        try
        {
            while (await wake.Reader.WaitToReadAsync(over.Token).ConfigureAwait(false))
            {
                wake.Reader.TryRead(out _);
                try
                {
                    await objects.ReportAsync(reports).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // The disk is full: whoever wrote last through the API was told so, and it is tried again with the next change.
                }

                if (objects.IsAsked)
                    first.TrySetResult();
                await Task.Delay(pause, time, over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // This is over.
        }
    }
}
