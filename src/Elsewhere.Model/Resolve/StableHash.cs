namespace Elsewhere.Model;

/// <summary>FNV-1a, 64 bits, with a final mix: the same in every process and on every machine, unlike the framework's hash codes.</summary>
internal static class StableHash
{
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(ObjectKey key) => Mix(Add(Add(Add(Basis, key.Namespace), "/"), key.Name));

    public static ulong Start => Basis;

    public static ulong Add(ulong hash, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            hash = (hash ^ c) * Prime;
        return hash;
    }

    // Without it names that differ in their last letter only would be neighbours.
    public static ulong Mix(ulong hash)
    {
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }
}
