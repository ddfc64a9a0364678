namespace Elsewhere.Model;

/// <summary>Which origins of an Alias resource are dialled.</summary>
internal static class OriginChoice
{
    // Shares finer than this are rounded, so that a weight always fits.
    private const int MaxScale = 5040;

    /// <summary>The origin that a CNAME points to: the first of the best priority that is not drained.</summary>
    public static OriginView? First(AliasView resource)
    {
        OriginView? best = null;
        foreach (var origin in resource.Origins)
        {
            if (origin.Weight > 0 && (best is null || origin.Priority < best.Priority))
                best = origin;
        }

        return best;
    }

    /// <summary>Where a port of this transport leads; an origin's share is divided among its addresses.</summary>
    public static Seq<Backend> Backends(AliasView resource, Protocol protocol, References references)
    {
        var backends = new List<Backend>(resource.Origins.Count);
        foreach (var origin in resource.Origins)
        {
            if (origin.Weight <= 0 || TransportOf(origin.Url.Scheme) != protocol)
                continue;
            var permit = references.PermitOf(resource, origin);
            if (!permit.IsAllowed)
                continue;
            var scale = ScaleOf(resource, origin.Priority, protocol);
            var count = Math.Max(1, origin.Addresses.Count);
            var weight = (int)Math.Clamp((long)origin.Weight * scale / count, 1, int.MaxValue);
            foreach (var address in origin.Addresses)
                backends.Add(new Backend(address, null, origin.Url.Port, origin.Priority, weight, permit.Within));
            if (origin.Addresses.IsEmpty)
                backends.Add(new Backend(origin.Url.Address, origin.Url.Host, origin.Url.Port, origin.Priority, weight, permit.Within));
        }

        return backends.ToSeq();
    }

    public static Protocol TransportOf(OriginScheme scheme) => scheme switch
    {
        OriginScheme.Http or OriginScheme.Https or OriginScheme.Tcp or OriginScheme.Tls => Protocol.Tcp,
        OriginScheme.Udp => Protocol.Udp,
    };

    // Weights stay as written unless an origin of this priority has several addresses.
    private static int ScaleOf(AliasView resource, int priority, Protocol protocol)
    {
        var scale = 1;
        foreach (var origin in resource.Origins)
        {
            if (origin.Priority != priority || origin.Weight <= 0 || origin.Addresses.Count < 2 || TransportOf(origin.Url.Scheme) != protocol)
                continue;
            scale = scale / Gcd(scale, origin.Addresses.Count) * origin.Addresses.Count;
            if (scale > MaxScale)
                return MaxScale;
        }

        return scale;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
