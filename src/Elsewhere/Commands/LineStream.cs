namespace Elsewhere.Commands;

/// <summary>One of the streams of an <see cref="OutputQueue"/>: joins what is written to lines.</summary>
/// <param name="queue">Where the lines wait.</param>
/// <param name="target">Where they go.</param>
internal sealed class LineStream(OutputQueue queue, Stream target) : WriteOnlyStream
{
    private readonly MemoryStream begun = new();

    /// <summary>Where the lines go.</summary>
    internal Stream Target => target;

    /// <summary>How many lines were left out since the last notice.</summary>
    internal long LeftOut { get; set; }

    /// <summary>What is said about the lines that were left out.</summary>
    internal Func<long, string> Notice { get; set; } = static count => $"elsewhere: {FindingText.Plural((int)Math.Min(count, int.MaxValue), "line")} left out, since nobody read them in time";

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!queue.HasBegun)
        {
            target.Write(buffer);
            return;
        }

        while (buffer.IndexOf((byte)'\n') is >= 0 and var end)
        {
            begun.Write(buffer[..(end + 1)]);
            queue.Write(this, begun.GetBuffer().AsSpan(0, (int)begun.Length));
            begun.SetLength(0);
            buffer = buffer[(end + 1)..];
        }

        begun.Write(buffer);
    }
}
