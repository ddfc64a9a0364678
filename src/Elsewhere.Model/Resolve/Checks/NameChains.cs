namespace Elsewhere.Model;

/// <summary>Follows the names that point to other names of this cluster.</summary>
internal static class NameChains
{
    /// <summary>More CNAMEs than this one after the other are too many for some resolvers; cluster DNS itself gives up after eleven.</summary>
    public const int MaxHops = 8;

    private const int NotKnown = 0;
    private const int OnTheWay = -1;
    private const int Loop = int.MaxValue;

    /// <summary>
    /// How many CNAMEs there are from each alias on, its own among them; <see cref="int.MaxValue"/> if they never end. Empty if no name of this cluster points to
    /// another. Every alias is visited once.
    /// </summary>
    public static int[] Follow(ClusterFacts facts, Alias[] aliases)
    {
        var next = Links(facts, aliases);
        if (next.Length == 0)
            return [];
        var hops = new int[next.Length];
        var path = new List<int>();
        for (var start = 0; start < next.Length; start++)
        {
            var at = start;
            while (at >= 0 && hops[at] == NotKnown)
            {
                hops[at] = OnTheWay;
                path.Add(at);
                at = next[at];
            }

            var count = at < 0 ? 0 : hops[at] == OnTheWay ? Loop : hops[at];
            for (var i = path.Count - 1; i >= 0; i--)
            {
                if (count != Loop && aliases[path[i]].Kind == AliasKind.ExternalName)
                    count++;
                hops[path[i]] = count;
            }

            path.Clear();
        }

        return hops;
    }

    public static void Report(CheckContext context, int index, List<Finding> findings)
    {
        if (context.Hops.Length == 0 || context.Hops[index] <= MaxHops)
            return;
        var alias = context.Aliases[index];
        var (text, more) = Describe(context, alias);
        var field = FieldOf(alias);
        findings.Add(IsLoop(context, index)
            ? FindingCodes.ExternalNameLoop.On(
                alias.Declared, field, $"the names lead in a circle: {text}{more}", "Let one of them point to a name outside the cluster.", alias.Place)
            : FindingCodes.ExternalNameChain.On(
                alias.Declared,
                field,
                $"{context.Hops[index]} names point to one another ({text}{more}), and some resolvers follow no more than {MaxHops}",
                "Point this one to the last name of the chain.",
                alias.Place));
    }

    public static bool IsLoop(CheckContext context, int index) => context.Hops.Length > 0 && context.Hops[index] == Loop;

    public static string FieldOf(Alias alias) => alias.Declared.Kind == "Alias" ? "spec.origins[0].url" : "spec.externalName";

    private static int[] Links(ClusterFacts facts, Alias[] aliases)
    {
        int[] next = [];
        var zone = CheckContext.ZoneText(facts);
        for (var i = 0; i < aliases.Length; i++)
        {
            if (TargetOf(facts, zone, aliases[i]) is not { } target)
                continue;
            if (next.Length == 0)
            {
                next = new int[aliases.Length];
                Array.Fill(next, -1);
            }

            next[i] = facts.IndexOf(target);
        }

        return next;
    }

    private static ObjectKey? TargetOf(ClusterFacts facts, string zone, Alias alias) =>
        alias.Target is { } target && target.IsSubdomainOf(facts.Options.ClusterDomain)
            && NameTarget.ServiceIn(target.ToHostString().ToLowerInvariant(), zone, out var exact) is { } key && exact
            ? key
            : null;

    // The circle itself, or its first names: nobody reads more.
    private static (string Text, string More) Describe(CheckContext context, Alias alias)
    {
        const int shown = 4;
        var names = new List<ObjectKey> { alias.Key };
        var at = alias;
        while (names.Count <= shown && TargetOf(context.Facts, context.Zone, at) is { } target)
        {
            var again = names.Contains(target);
            names.Add(target);
            var found = context.Facts.IndexOf(target);
            if (again || found < 0)
                return (string.Join(" -> ", names), "");
            at = context.Aliases[found];
        }

        return (string.Join(" -> ", names), TargetOf(context.Facts, context.Zone, at) is null ? "" : " -> ...");
    }
}
