using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>JSON patch, RFC 6902, as the API server applies it: all operations or none, and no word about which one failed.</summary>
internal static class JsonPatch
{
    /// <summary>Operations in one patch.</summary>
    public const int Operations = 10_000;

    /// <summary>Bytes that the <c>copy</c> operations of one patch may add up to.</summary>
    public const long CopiedBytes = 3 * 1024 * 1024;

    /// <summary>Applies the patch to a copy; null if an operation cannot be done, or would nest deeper than <see cref="ReadLimits.Depth"/>.</summary>
    public static Node? Apply(Node document, Node operations)
    {
        var root = document.Copy();
        var copied = 0L;
        foreach (var operation in operations.Items)
        {
            if (!Step(ref root, operation, ref copied))
                return null;
        }

        return root;
    }

    private static bool Step(ref Node root, Node operation, ref long copied)
    {
        if (operation["path"] is not { Kind: NodeKind.String } path)
            return false;
        var value = operation["value"];
        switch (operation.Str("op"))
        {
            case "add":
                return JsonPointer.TryFind(root, path.Text, out var added) && Fits(path.Text, value) && added.TryAdd(value?.Copy() ?? Node.Null());
            case "remove":
                return JsonPointer.TryFind(root, path.Text, out var removed) && removed.TryRemove();
            case "replace" when path.Text.Length == 0:
                root = value?.Copy() ?? Node.Null();
                return true;
            case "replace":
                return JsonPointer.TryFind(root, path.Text, out var replaced) && Fits(path.Text, value) && replaced.TryReplace(value?.Copy() ?? Node.Null());
            case "test" when path.Text.Length == 0:
                return Node.Same(root, value ?? Node.Null());
            case "test":
                return JsonPointer.TryFind(root, path.Text, out var tested) && Node.Same(tested.Get() ?? Node.Null(), value ?? Node.Null());
            case "move":
                return operation["from"] is { Kind: NodeKind.String } source && Move(root, source.Text, path.Text);
            case "copy":
                return operation["from"] is { Kind: NodeKind.String } original && Copy(root, original.Text, path.Text, ref copied);
            default:
                return false;
        }
    }

    private static bool Move(Node root, string from, string to)
    {
        if (!JsonPointer.TryFind(root, from, out var source) || source.Get() is not { } value || !source.TryRemove())
            return false;
        return Fits(to, value) && JsonPointer.TryFind(root, to, out var target) && target.TryAdd(value);
    }

    private static bool Copy(Node root, string from, string to, ref long copied)
    {
        if (!JsonPointer.TryFind(root, from, out var source) || source.Get() is not { } value || !JsonPointer.TryFind(root, to, out var target))
            return false;
        copied += Encoding.UTF8.GetByteCount(value.ToString());
        return copied <= CopiedBytes && Fits(to, value) && target.TryAdd(value.Copy());
    }

    // A few copies into one another would otherwise make a tree that no stack can walk.
    private static bool Fits(string path, Node? value) => path.AsSpan().Count('/') + Depth(value) <= ReadLimits.Depth;

    private static int Depth(Node? node)
    {
        var deepest = 0;
        foreach (var item in node?.Items ?? [])
            deepest = Math.Max(deepest, Depth(item));
        foreach (var (_, value) in node?.Entries ?? [])
            deepest = Math.Max(deepest, Depth(value));
        return deepest + 1;
    }
}
