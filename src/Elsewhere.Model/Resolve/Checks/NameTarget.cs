namespace Elsewhere.Model;

/// <summary>What a name means to the cluster's DNS.</summary>
internal static class NameTarget
{
    /// <summary>The Service that a full in-cluster name is about, whatever stands in front of it; null if the name is none.</summary>
    /// <param name="name">In lower case, without a dot at its end.</param>
    /// <param name="zone">The same of the cluster's domain.</param>
    /// <param name="exact">Whether nothing stands in front of the Service's name.</param>
    public static ObjectKey? ServiceIn(string name, string zone, out bool exact)
    {
        exact = false;
        if (!IsBelow(name, zone))
            return null;
        var labels = name[..^(zone.Length + 1)].Split('.');
        if (labels.Length < 3 || labels[^1] != "svc")
            return null;
        exact = labels.Length == 3;
        return new ObjectKey(labels[^2], labels[^3]);
    }

    public static bool IsBelow(string name, string zone) =>
        name.Length > zone.Length + 1 && name[^(zone.Length + 1)] == '.' && name.EndsWith(zone, StringComparison.Ordinal);
}
