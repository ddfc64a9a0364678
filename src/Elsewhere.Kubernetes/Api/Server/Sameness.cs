using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Whether two states of an object differ beyond their resource version.</summary>
internal static class Sameness
{
    /// <summary>Whether nothing would be gained by storing the later one.</summary>
    public static bool IsSame(Node before, Node after) => Node.Same(Bare(before), Bare(after));

    private static Node Bare(Node tree)
    {
        var bare = Node.Map();
        foreach (var (key, value) in tree.Entries)
        {
            var shown = value;
            if (key == "metadata")
            {
                shown = Node.Map();
                shown.Entries.AddRange(value.Entries.Where(static e => e.Key is not "resourceVersion"));
            }

            bare.Entries.Add(new(key, shown));
        }

        return bare;
    }
}
