using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>How far each part of a table has grown.</summary>
internal readonly record struct PartsMark(int Nodes, int Sections, int Octets, int Fixups, int Ends, int Targets)
{
    public static PartsMark operator -(PartsMark left, PartsMark right) => new(
        left.Nodes - right.Nodes, left.Sections - right.Sections, left.Octets - right.Octets, left.Fixups - right.Fixups, left.Ends - right.Ends, left.Targets - right.Targets);

    public static PartsMark operator +(PartsMark left, PartsMark right) => new(
        left.Nodes + right.Nodes, left.Sections + right.Sections, left.Octets + right.Octets, left.Fixups + right.Fixups, left.Ends + right.Ends, left.Targets + right.Targets);
}

/// <summary>Where everything of one alias begins in the parts of a table, and what it was made of.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Slice">Its only slice; null for none.</param>
/// <param name="Several">Whether it has more: then it is always made anew.</param>
/// <param name="Start">Where it begins.</param>
internal readonly record struct AliasBlock(Alias Alias, EndpointSliceView? Slice, bool Several, PartsMark Start);

/// <summary>
/// Takes over what a former table holds of aliases that are the same instances still: neighbours are copied in one piece, and the numbers inside are moved by
/// how much more or less is in front of them now. The outcome is that of writing them again.
/// </summary>
/// <param name="previous">The former table's parts; null for none.</param>
/// <param name="parts">The new one's.</param>
internal sealed class BlockReuse(TableParts? previous, TableParts parts)
{
    private int at;
    private int first;

    /// <summary>Takes an alias over, if it is as it was. Aliases come in the order of their keys.</summary>
    public bool TryTake(Alias alias, EndpointSliceView? slice, bool several)
    {
        if (previous is null)
            return false;
        var blocks = previous.Blocks.Span;
        while (at < blocks.Length && !ReferenceEquals(blocks[at].Alias, alias) && blocks[at].Alias.Key.CompareTo(alias.Key) < 0)
            SkipOne();
        if (at == blocks.Length || several || blocks[at].Several || !ReferenceEquals(blocks[at].Alias, alias) || !ReferenceEquals(blocks[at].Slice, slice))
            return false;
        at++;
        return true;
    }

    /// <summary>Copies what was taken since the last time; to be called before anything else is written.</summary>
    public void Flush()
    {
        if (previous is not null && first < at)
            Copy(previous);
        first = at;
    }

    private void SkipOne()
    {
        Flush();
        first = ++at;
    }

    private void Copy(TableParts from)
    {
        var blocks = from.Blocks.Span;
        var start = blocks[first].Start;
        var end = at < blocks.Length ? blocks[at].Start : from.BlocksEnd;
        var shift = parts.Mark() - start;
        parts.Octets.Add(from.Octets.Span[start.Octets..end.Octets]);
        parts.Fixups.Add(from.Fixups.Span[start.Fixups..end.Fixups]);
        parts.Ends.Add(from.Ends.Span[start.Ends..end.Ends]);
        parts.Targets.Add(from.Targets.Span[start.Targets..end.Targets]);
        var section = parts.Sections.Add(from.Sections.Span[start.Sections..end.Sections]);
        foreach (ref var moved in parts.Sections.Span[section..])
        {
            moved.At += shift.Octets;
            moved.FixupsAt += shift.Fixups;
            moved.EndsAt += shift.Ends;
        }

        var node = parts.Nodes.Add(from.Nodes.Span[start.Nodes..end.Nodes]);
        foreach (ref var moved in parts.Nodes.Span[node..])
            Move(ref moved, shift);
        foreach (var block in blocks[first..at])
            parts.Blocks.Add(block with { Start = block.Start + shift });
    }

    private static void Move(ref Node node, PartsMark shift)
    {
        node.KeyAt += shift.Octets;
        node.Srv = Moved(node.Srv, shift.Sections);
        node.Cname = Moved(node.Cname, shift.Sections);
        node.Ptr = Moved(node.Ptr, shift.Sections);
        node.Target = Moved(node.Target, shift.Targets);

        // What a chain of CNAMEs ends in is followed anew in each table: it may have changed elsewhere.
        var follows = node.Kind == NodeKind.Alias;
        node.A = follows ? 0 : Moved(node.A, shift.Sections);
        node.Aaaa = follows ? 0 : Moved(node.Aaaa, shift.Sections);
    }

    private static int Moved(int number, int by) => number == 0 ? 0 : number + by;
}
