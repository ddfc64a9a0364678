using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Apply;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Apply;

/// <summary>Who owns what, by example, and what holds for every object.</summary>
public sealed class FieldManagerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_field_that_its_only_applier_drops_is_gone_and_one_that_another_owns_stays()
    {
        var live = Apply(null, "a", """{"labels":{"mine":"1","ours":"1"}}""");
        live = Apply(live, "b", """{"labels":{"ours":"1"}}""");
        live = Apply(live, "a", "{}");
        Assert.Equal("""{"ours":"1"}""", live["metadata"]!["labels"]!.ToString());
        Assert.Equal(["b"], Managers(live));
    }

    [Fact]
    public void Finalizers_belong_to_whoever_named_them_and_owners_are_told_apart_by_their_uid()
    {
        var owner = """{"apiVersion":"v1","kind":"Service","name":"x","uid":"u1"}""";
        var live = Apply(null, "a", """{"finalizers":["a.example/x"]}""");
        live = Apply(live, "b", $$"""{"finalizers":["b.example/y"],"ownerReferences":[{{owner}}]}""");
        Assert.Equal(["a.example/x", "b.example/y"], live["metadata"]!.Strings("finalizers"));
        var fields = live["metadata"]!.ListOf("managedFields").Single(e => e.Str("manager") == "b")["fieldsV1"]!;
        Assert.Equal("""{"f:metadata":{"f:finalizers":{"v:\"b.example/y\"":{}},"f:ownerReferences":{"k:{\"uid\":\"u1\"}":{}}}}""", fields.ToString());
    }

    [Fact]
    public void An_update_takes_fields_over_without_asking_and_a_later_apply_is_in_conflict()
    {
        var live = Apply(null, "a", """{"labels":{"x":"1"}}""");
        var edited = live.Copy();
        edited["metadata"]!["labels"]!.Set("x", Node.String("2"));
        ManagedFields.Set(edited, FieldManager.Track(ApiKind.ConfigMap, "", live, edited, "editor", Now));
        Assert.Equal(["editor"], Managers(edited));
        var failure = FieldManager.Apply(ApiKind.ConfigMap, "", edited, Config("""{"labels":{"x":"1"}}"""), "a", false, Now).Failure!;
        Assert.Equal("Apply failed with 1 conflict: conflict with \"editor\" using v1: .metadata.labels.x", failure.Message);
    }

    [Fact]
    public void A_write_of_the_status_owns_nothing_of_the_spec()
    {
        var live = JsonText.Read("""{"kind":"Alias","apiVersion":"elsewhere.dev/v1alpha1","metadata":{"name":"a","namespace":"n"},"spec":{"mode":"Gateway"}}""").Root!;
        ManagedFields.Set(live, FieldManager.Track(ApiKind.Alias, "", null, live, "user", Now));
        var written = live.Copy();
        written["spec"]!.Set("mode", Node.String("Endpoints"));
        written.Set("status", JsonText.Read("""{"conditions":[{"type":"Ready","status":"True"}]}""").Root!);
        var entries = FieldManager.Track(ApiKind.Alias, "status", live, written, "elsewhere", Now)!;
        var own = entries.Items.Single(e => e.Str("manager") == "elsewhere");
        Assert.Equal("status", own.Str("subresource"));
        Assert.Equal("""{"f:status":{".":{},"f:conditions":{".":{},"k:{\"type\":\"Ready\"}":{".":{},"f:status":{},"f:type":{}}}}}""", own["fieldsV1"]!.ToString());
        Assert.Contains("f:mode", entries.Items.Single(e => e.Str("manager") == "user")["fieldsV1"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_ten_updating_managers_become_one_of_ancient_changes()
    {
        var live = Config("{}");
        ManagedFields.Set(live, FieldManager.Track(ApiKind.ConfigMap, "", null, Labelled(live, "m0"), "m0", Now));
        for (var i = 1; i < 15; i++)
        {
            var next = Labelled(live, $"m{i}");
            ManagedFields.Set(next, FieldManager.Track(ApiKind.ConfigMap, "", live, next, $"m{i}", Now.AddSeconds(i)));
            live = next;
        }

        Assert.Equal(FieldManager.UpdateManagers, Managers(live).Count);
        Assert.Equal("ancient-changes", Managers(live)[0]);
    }

    [Theory]
    [InlineData("""{"spec":{"foo":1}}""", "failed to create typed patch object (n/x; /v1, Kind=Service): .spec.foo: field not declared in schema")]
    [InlineData("""{"spec":{"ports":"x"}}""", "failed to create typed patch object (n/x; /v1, Kind=Service): .spec.ports: expected list, got &{x}")]
    [InlineData("""{"spec":{"type":1}}""", "failed to create typed patch object (n/x; /v1, Kind=Service): .spec.type: expected string, got &value.valueUnstructured{Value:1}")]
    [InlineData("""{"spec":{"ports":[{"port":1},{"port":1,"protocol":"TCP"}]}}""", "failed to create typed patch object (n/x; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=1,protocol=\"TCP\"]")]
    [InlineData("""{"kind":"Pod"}""", "invalid object type: /v1, Kind=Pod")]
    public void What_is_not_of_the_kind_is_not_applied(string more, string message)
    {
        var applied = JsonText.Read("""{"kind":"Service","apiVersion":"v1","metadata":{"name":"x","namespace":"n"}}""").Root!;
        foreach (var (key, value) in JsonText.Read(more).Root!.Entries)
            applied.Set(key, value);
        Assert.Equal(message, FieldManager.Apply(ApiKind.Service, "", null, applied, "m", false, Now).Failure!.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Applying_twice_is_applying_once_and_every_applied_value_is_there(int seed)
    {
        var random = new Random(seed);
        Node? live = null;
        for (var i = 0; i < 500; i++)
        {
            var (applied, manager) = (RandomService(random), "m" + random.Next(3));
            var once = Stored(FieldManager.Apply(ApiKind.Service, "", live, applied, manager, true, Now));
            var twice = Stored(FieldManager.Apply(ApiKind.Service, "", once, applied, manager, false, Now.AddHours(1)));
            ManagedFields.KeepTimes(once, twice);
            Assert.True(Node.Same(once, twice), $"seed {seed}, {i}: {applied}\n{once}\n{twice}");
            Assert.True(TypedValue.Fields(applied, Schemas.Service).Except(TypedValue.Fields(once, Schemas.Service)).IsEmpty, $"seed {seed}, {i}: {applied}\n{once}");
            live = random.Next(20) == 0 ? null : once;
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Sets_are_read_back_and_obey_the_laws_of_sets(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1000; i++)
        {
            var (a, b) = (TypedValue.Fields(RandomService(random), Schemas.Service), TypedValue.Fields(RandomService(random), Schemas.Service));
            Assert.Equal(a.ToNode().ToString(), FieldSet.Parse(JsonText.Read(a.ToNode().ToString()).Root!).ToNode().ToString());
            Assert.Equal(a.Union(b).ToNode().ToString(), b.Union(a).ToNode().ToString());
            Assert.Equal(a.ToNode().ToString(), a.Except(b).Union(a.Intersect(b)).ToNode().ToString());
            Assert.True(a.Except(a).IsEmpty && a.Intersect(a.Except(b)).Except(a).IsEmpty, $"seed {seed}, {i}");
        }
    }

    private static Node Stored(ApplyResult result) => Decoder.Decode(result.Object!, Schemas.Service).Object!;

    private static Node RandomService(Random random)
    {
        var spec = Node.Map();
        spec.Set("sessionAffinity", Node.String("v" + random.Next(2)));
        foreach (var field in (string[])["type", "clusterIP"])
        {
            if (random.Next(2) == 0)
                spec.Set(field, Node.String("v" + random.Next(2)));
        }

        var ports = Node.List();
        foreach (var number in Enumerable.Range(1, 6).OrderBy(_ => random.Next()).Take(random.Next(5)))
        {
            var port = Node.Map();
            port.Set("port", Node.Number(number));
            if (random.Next(2) == 0)
                port.Set("protocol", Node.String(random.Next(2) == 0 ? "UDP" : "TCP"));
            if (random.Next(2) == 0)
                port.Set("name", Node.String("n" + random.Next(3)));
            ports.Items.Add(port);
        }

        if (random.Next(3) > 0)
            spec.Set("ports", ports);
        var root = JsonText.Read("""{"kind":"Service","apiVersion":"v1","metadata":{"name":"x","namespace":"n","finalizers":["a.b/c"]}}""").Root!;
        if (random.Next(2) == 0)
            root["metadata"]!.Set("finalizers", Node.List(Enumerable.Range(0, random.Next(4)).Select(f => "x/" + f).OrderBy(_ => random.Next())));
        root.Set("spec", spec);
        return root;
    }

    private static Node Labelled(Node root, string label)
    {
        var copy = root.Copy();
        if (!copy["metadata"]!.Has("labels"))
            copy["metadata"]!.Set("labels", Node.Map());
        copy["metadata"]!["labels"]!.Set(label, Node.String(""));
        return copy;
    }

    private static Node Config(string metadata)
    {
        var root = JsonText.Read($$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{{metadata}}}""").Root!;
        root["metadata"]!.Set("name", Node.String("x"));
        return root;
    }

    private static Node Apply(Node? live, string manager, string metadata) => FieldManager.Apply(ApiKind.ConfigMap, "", live, Config(metadata), manager, false, Now).Object!;

    private static List<string> Managers(Node root) => root["metadata"]!.ListOf("managedFields").ConvertAll(e => e.Str("manager"));
}
