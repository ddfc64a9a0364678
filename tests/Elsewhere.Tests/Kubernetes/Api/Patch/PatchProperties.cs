using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Patch;

/// <summary>What holds for every document and every patch; each failure names its seed.</summary>
public sealed class PatchProperties
{
    private static readonly string[] Keys =
    [
        "spec", "ports", "metadata", "finalizers", "labels", "selector", "port", "name", "protocol", "$patch", "$retainKeys", "$setElementOrder/ports",
        "$setElementOrder/finalizers", "$deleteFromPrimitiveList/finalizers", "a", "~/", "status", "conditions", "type",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_difference_of_two_documents_makes_one_of_the_other(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var (before, after) = (Value(random, 4, nulls: false), Value(random, 4, nulls: false));
            var patch = JsonMergePatch.Diff(before, after);
            Assert.True(Node.Same(after, JsonMergePatch.Apply(before, patch)), $"seed {seed}, {i}: {before} {after} {patch}");
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_patch_leaves_the_document_alone_and_does_the_same_twice(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var (document, patch) = (Map(random, 5), Map(random, 5));
            var (was, said) = (document.ToString(), patch.ToString());
            foreach (var type in (ReadOnlySpan<string>)[ApiPatch.Merge, ApiPatch.Strategic])
            {
                var once = ApiPatch.Patch(ApiKind.Service, document, type, Encoding.UTF8.GetBytes(said));
                var again = ApiPatch.Patch(ApiKind.Service, document, type, Encoding.UTF8.GetBytes(said));
                Assert.True(was == document.ToString(), $"seed {seed}, {i}: {was} {said}");
                Assert.Equal(once.Tree?.ToString(), again.Tree?.ToString());
                Assert.Equal(once.Failure?.Message, again.Failure?.Message);
                Assert.True((once.Tree is null) != (once.Failure is null));
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Any_operations_are_done_or_refused(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var operations = Node.List();
            for (var n = random.Next(1, 5); n > 0; n--)
                operations.Items.Add(Operation(random));
            var result = ApiPatch.Patch(ApiKind.Service, Map(random, 4), ApiPatch.Json, Encoding.UTF8.GetBytes(operations.ToString()));
            Assert.True((result.Tree is null) != (result.Failure is null), $"seed {seed}, {i}");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void What_is_written_is_read_back_and_what_is_broken_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var value = Value(random, 5, nulls: true);
            Assert.True(Node.Same(value, JsonText.Read(value.ToString()).Root), $"seed {seed}, {i}: {value}");
            var bytes = Encoding.UTF8.GetBytes(value.ToString());
            for (var n = random.Next(1, 4); n > 0; n--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var read = JsonText.Read(bytes);
            Assert.True((read.Root is null) != (read.Error is null));
        }
    }

    private static Node Operation(Random random)
    {
        var operation = Node.Map();
        operation.Set("op", Node.String(((string[])["add", "remove", "replace", "move", "copy", "test", "frob"])[random.Next(7)]));
        foreach (var key in (string[])["path", "from"])
            operation.Set(key, Node.String(string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => "/" + (random.Next(3) == 0 ? ((string[])["0", "-", "-1", "01", "99999999999"])[random.Next(5)] : Keys[random.Next(Keys.Length)])))));
        operation.Set("value", Value(random, 2, nulls: true));
        return operation;
    }

    private static Node Map(Random random, int depth)
    {
        var map = Node.Map();
        for (var n = random.Next(5); n > 0; n--)
            map.Set(Keys[random.Next(Keys.Length)], Value(random, depth - 1, nulls: true));
        return map;
    }

    private static Node Value(Random random, int depth, bool nulls)
    {
        switch (random.Next(depth > 0 ? 8 : 5))
        {
            case 0 when nulls:
                return Node.Null();
            case 0 or 1:
                return Node.Bool(random.Next(2) == 0);
            case 2:
                return Node.Number(random.Next(4));
            case 3 or 4:
                return Node.String(((string[])["", "a", "\u00e9\ud83d\ude00", "delete", "replace", "merge", "a\"\\\n<"])[random.Next(7)]);
            case 5:
                var list = Node.List();
                for (var n = random.Next(4); n > 0; n--)
                    list.Items.Add(Value(random, depth - 1, nulls));
                return list;
            default:
                var map = Node.Map();
                for (var n = random.Next(4); n > 0; n--)
                    map.Set(Keys[random.Next(Keys.Length)], Value(random, depth - 1, nulls));
                return map;
        }
    }
}
