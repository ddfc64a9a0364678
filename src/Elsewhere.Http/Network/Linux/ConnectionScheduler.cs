using System.IO.Pipelines;

namespace Elsewhere.Http.Network.Linux;

/// <summary>Where somebody goes on who has waited for the other end of one of a connection's pipes: elsewhere at first, at once as soon as that is known to be right.</summary>
/// <param name="elsewhere">Where at first.</param>
internal sealed class ConnectionScheduler(PipeScheduler elsewhere) : PipeScheduler
{
    private volatile bool isInline;

    /// <summary>At once, from now on.</summary>
    public void RunInline() => isInline = true;

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (isInline)
            action(state);
        else
            elsewhere.Schedule(action, state);
    }
}
