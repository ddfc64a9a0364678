using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Read;

public sealed class ViewMergeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_changes_a_merge_gives_what_a_merge_from_nothing_gives(int seed)
    {
        var random = new Random(seed);
        var merge = new ViewMerge();
        var contents = new List<ManifestContent>();
        for (var round = 0; round < 400; round++)
        {
            for (var edits = random.Next(1, 4); edits > 0; edits--)
                Edit(contents, random);
            var view = merge.Merge(contents);
            var whole = new ViewMerge().Merge(contents);
            Assert.True(view == whole, $"seed {seed}, round {round}:\n{view}\n{whole}");
        }
    }

    [Fact]
    public void What_did_not_change_is_the_same_instance()
    {
        var merge = new ViewMerge();
        var (a, b) = (Content("a.yaml", Service("a", 80), Namespace("shop")), Content("b.yaml", Service("b", 80), Slice("b")));
        var before = merge.Merge([a, b]);
        var edited = Content("b.yaml", Service("b", 81), Slice("b")).Reusing(b);
        var after = merge.Merge([a, edited]);

        Assert.Equal(81, after.Services[1].Ports[0].Port);
        Assert.Same(before.Services[0], after.Services[0]);
        Assert.Same(before.EndpointSlices[0], after.EndpointSlices[0]);
        Assert.Same(after.Services[1], merge.Merge([Content("c.yaml"), a, edited]).Services[1]);
    }

    [Fact]
    public void The_next_one_takes_over_when_the_winner_goes()
    {
        var merge = new ViewMerge();
        var (first, second) = (Content("a.yaml", Service("x", 1)), Content("b.yaml", Service("x", 2)));

        Assert.Equal((1, "object-repeated"), Of(merge.Merge([first, second])));
        Assert.Equal((2, "object-repeated"), Of(merge.Merge([second, first])));
        Assert.Equal((2, ""), Of(merge.Merge([second])));
        Assert.Equal((1, "object-repeated"), Of(merge.Merge([first, second])));

        static (int Port, string Codes) Of(ClusterView view) => (Assert.Single(view.Services).Ports[0].Port, string.Join(' ', view.Findings.Select(finding => finding.Code)));
    }

    private static void Edit(List<ManifestContent> contents, Random random)
    {
        var at = random.Next(contents.Count + 1);
        switch (random.Next(6))
        {
            case 0 when contents.Count > 0:
                contents.RemoveAt(Math.Min(at, contents.Count - 1));
                break;
            case 1 when contents.Count > 1:
                var moved = contents[^1];
                contents.RemoveAt(contents.Count - 1);
                contents.Insert(Math.Min(at, contents.Count), moved);
                break;
            case 2 when contents.Count < 12:
                contents.Insert(at, Any(random, $"file-{random.Next(20)}.yaml"));
                break;
            default:
                if (contents.Count == 0)
                    break;
                at = Math.Min(at, contents.Count - 1);
                contents[at] = Any(random, $"file-{random.Next(20)}.yaml").Reusing(contents[at]);
                break;
        }
    }

    // Few names, so that some of them meet.
    private static ManifestContent Any(Random random, string path) => Content(path, [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(7) switch
    {
        0 => Namespace($"n{random.Next(9)}"),
        1 => Slice($"s{random.Next(40)}"),
        2 => "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
        3 => "kind: Service\napiVersion: v1\nmetadata: {name: A}\n",
        _ => Service($"s{random.Next(40)}", random.Next(1, 4)),
    })]);

    private static ManifestContent Content(string path, params string[] documents) =>
        ManifestFile.Read(new(path, Encoding.UTF8.GetBytes(string.Join("---\n", documents))), ReadOptions.Default);

    private static string Service(string name, int port) => $"kind: Service\napiVersion: v1\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n";

    private static string Namespace(string name) => $"kind: Namespace\napiVersion: v1\nmetadata: {{name: {name}}}\n";

    private static string Slice(string name) => $"kind: EndpointSlice\napiVersion: discovery.k8s.io/v1\nmetadata: {{name: {name}}}\naddressType: IPv4\nendpoints: [{{addresses: [10.0.0.1]}}]\n";
}
