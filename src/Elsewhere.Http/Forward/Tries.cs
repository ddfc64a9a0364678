using Elsewhere.Http.Forward.Route;

namespace Elsewhere.Http.Forward;

/// <summary>What a request has tried so far; used again for the next one.</summary>
internal sealed class Tries
{
    /// <summary>The addresses, as the set of the route counts them.</summary>
    public ulong Tried;

    private LiveRoute? of;

    /// <summary>How many tries there were, the one under way included.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the head of a response has come that is passed on.</summary>
    public bool Answered { get; set; }

    /// <summary>Whether it was replayed for the sake of a connection that had been idle.</summary>
    public bool Replayed { get; set; }

    /// <summary>Begins with another request.</summary>
    public void Clear()
    {
        of = null;
        (Tried, Count, Answered, Replayed) = (0, 0, false, false);
    }

    /// <summary>One more; what was tried of another route says nothing about this one.</summary>
    public void Begin(LiveRoute route)
    {
        if (of != route)
            Tried = 0;
        of = route;
        Count++;
    }
}
