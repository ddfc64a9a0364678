namespace Elsewhere.Http.Relay;

/// <summary>Weights as whole numbers, and the order in which a group's targets take their turns.</summary>
internal static class Shares
{
    private const int Scale = 720;
    private const int LongestSchedule = 1024;
    private static readonly ushort[] Single = [0];

    /// <summary>The share of one of a name's addresses: they divide the weight of the name among them.</summary>
    public static int Of(int weight, int addresses) => (int)Math.Max(1, (long)Math.Clamp(weight, 1, 1_000_000) * Scale / Math.Max(1, addresses));

    /// <summary>
    /// Indexes into the group, each as often as its weight asks for and spread evenly (smooth weighted round robin), so that a plain counter
    /// that many threads advance gives the shares exactly. Weights that do not fit into 1,024 turns are rounded; nobody goes without a turn.
    /// </summary>
    public static ushort[] Schedule(ReadOnlySpan<int> weights)
    {
        if (weights.Length <= 1)
            return Single;
        var divisor = weights[0];
        long sum = 0;
        foreach (var weight in weights)
        {
            divisor = Gcd(divisor, weight);
            sum += weight;
        }

        var turns = new long[weights.Length];
        sum /= divisor;
        long total = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            turns[i] = weights[i] / divisor;
            if (sum > LongestSchedule)
                turns[i] = Math.Max(1, turns[i] * LongestSchedule / sum);
            total += turns[i];
        }

        var schedule = new ushort[total];
        var credit = new long[weights.Length];
        for (var turn = 0; turn < total; turn++)
        {
            var best = 0;
            for (var i = 0; i < credit.Length; i++)
            {
                credit[i] += turns[i];
                if (credit[i] > credit[best])
                    best = i;
            }

            credit[best] -= total;
            schedule[turn] = (ushort)best;
        }

        return schedule;
    }

    private static int Gcd(int a, int b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
