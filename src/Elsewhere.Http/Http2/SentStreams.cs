namespace Elsewhere.Http.Http2;

/// <summary>The streams of one connection whose content is counted as it goes out: those that wait for their client, hardly ever any.</summary>
internal sealed class SentStreams
{
    private readonly Lock gate = new();

    // Replaced whenever it changes, so that whoever sends reads it without the gate.
    private volatile SentContent[] watched = [];
    private bool isOver;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => watched.Length == 0;

    /// <summary>Begins to count the content of a stream that has not ended; any thread.</summary>
    public SentContent Watch(int stream)
    {
        var content = new SentContent(stream);
        lock (gate)
        {
            watched = [.. watched, content];
            if (isOver)
                content.End();
        }

        return content;
    }

    /// <summary>Counts it no more; any thread.</summary>
    public void Forget(SentContent content)
    {
        lock (gate)
            watched = [.. watched.Where(one => one != content)];
    }

    /// <summary>Content of a stream goes out. Called by the writer's thread.</summary>
    public void Add(int stream, int bytes)
    {
        foreach (var one in watched)
        {
            if (one.Stream == stream)
                one.Add(bytes);
        }
    }

    /// <summary>A stream has ended; any thread.</summary>
    public void End(int stream)
    {
        foreach (var one in watched)
        {
            if (one.Stream == stream)
                one.End();
        }
    }

    /// <summary>All have ended, since the connection does; any thread.</summary>
    public void EndAll()
    {
        lock (gate)
        {
            isOver = true;
            foreach (var one in watched)
                one.End();
        }
    }
}
