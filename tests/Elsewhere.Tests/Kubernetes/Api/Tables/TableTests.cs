using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.Tables;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Tables;

/// <summary>Tables as the recorded server drew them of the recorded manifests, and the kinds that were not recorded.</summary>
public sealed class TableTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 13, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Node> Objects = Load();

    public static TheoryData<string> Names => [.. Transcripts.Steps.Keys.Where(n => n.StartsWith("table ", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_table_is_drawn_as_the_recorded_server_drew_it(string name)
    {
        var request = Transcripts.Steps[name].Requests[0];
        var recorded = request["response"]!.Copy();
        var kind = Transcripts.KindOf(request.Str("path"));
        // What the controllers of a cluster with Pods made is not among the manifests.
        var rows = recorded.ListOf("rows");
        rows.RemoveAll(r => Cells(r) is [var n, ..] && !Objects.ContainsKey($"{kind.Kind}/{n}"));
        var include = name.Contains("=None", StringComparison.Ordinal) ? RowObject.None : name.Contains("=Object", StringComparison.Ordinal) ? RowObject.Object : RowObject.Metadata;

        var table = ApiTable.Make(kind, [.. rows.Select(r => Objects[$"{kind.Kind}/{Cells(r)[0]}"])], recorded["metadata"]!, "v1", include, Now);

        foreach (var column in table.ListOf("columnDefinitions"))
        {
            Assert.NotEmpty(column.Str("description"));
            column.Set("description", Node.String("<text>"));
        }

        Assert.Equal(recorded["columnDefinitions"]!.ToString(), table["columnDefinitions"]!.ToString());
        Assert.Equal(rows.Count, table.ListOf("rows").Count);
        foreach (var (expected, row) in rows.Zip(table.ListOf("rows")))
        {
            Assert.Equal(Cells(expected), Cells(row));
            Assert.Equal((expected["object"]!.Kind, expected["object"]!.Str("kind"), expected["object"]!.Str("apiVersion")), (row["object"]!.Kind, row["object"]!.Str("kind"), row["object"]!.Str("apiVersion")));
        }
    }

    [Fact]
    public void The_recorded_tables_are_there() => Assert.Equal(9, Names.Count);

    [Fact]
    public void Only_the_first_table_of_a_watch_tells_its_columns()
    {
        var next = ApiTable.Make(ApiKind.Service, [Objects["Service/external"]], Node.Map(), "v1beta1", RowObject.Metadata, Now, columns: false);
        Assert.Equal(NodeKind.Null, next["columnDefinitions"]!.Kind);
        Assert.Equal(("meta.k8s.io/v1beta1", "meta.k8s.io/v1beta1"), (next.Str("apiVersion"), next.ListOf("rows")[0]["object"]!.Str("apiVersion")));
    }

    [Fact]
    public void An_alias_shows_its_mode_origin_address_and_state()
    {
        var alias = JsonText.Read("""
            {"kind":"Alias","apiVersion":"elsewhere.dev/v1alpha1","metadata":{"name":"payments","creationTimestamp":"2026-01-01T00:00:00Z"},
             "spec":{"mode":"Gateway","origins":[{"url":"https://api.payments.example"}]},
             "status":{"addresses":["127.96.0.20"],"conditions":[{"type":"Accepted","status":"True"},{"type":"Programmed","status":"True"},{"type":"OriginReachable","status":"False"},
              {"type":"Ready","status":"False","reason":"Unreachable"}]}}
            """).Root!;
        Assert.Equal(["payments", "Gateway", "https://api.payments.example", "127.96.0.20", "False", "Unreachable", "True", "False", "13m"], Row(ApiKind.Alias, alias));
        Assert.Equal(["payments", "Gateway", "https://api.payments.example", "", "", "", "", "", "<unknown>"],
            Row(ApiKind.Alias, JsonText.Read("""{"metadata":{"name":"payments","creationTimestamp":"x"},"spec":{"mode":"Gateway","origins":[{"url":"https://api.payments.example"}]}}""").Root!));
    }

    [Fact]
    public void An_event_shows_what_happened_to_what_and_how_often_in_either_form()
    {
        var core = """
            {"metadata":{"name":"web.1"},"involvedObject":{"kind":"Endpoints","name":"web"},"reason":"TooMany","message":" Too many\n","type":"Warning","count":3,
             "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:12:00Z","source":{"component":"mirror"}}
            """;
        var events = """
            {"metadata":{"name":"web.1"},"regarding":{"kind":"Endpoints","name":"web"},"reason":"TooMany","note":"Too many","type":"Warning",
             "eventTime":"2026-01-01T00:00:00.000000Z","series":{"count":3,"lastObservedTime":"2026-01-01T00:12:00.000000Z"},"reportingController":"mirror"}
            """;
        foreach (var (kind, text) in new[] { (ApiKind.Event, core), (ApiKind.EventsEvent, events) })
            Assert.Equal(["60s", "Warning", "TooMany", "endpoints/web", "", "mirror", "Too many", "13m", "3", "web.1"], Row(kind, JsonText.Read(text).Root!));
    }

    [Fact]
    public void Every_kind_has_a_table_even_of_an_object_that_is_almost_empty()
    {
        foreach (var resource in ApiResource.All)
            Assert.Equal(Columns.Of(resource.Kind).Count, Row(resource.Kind, Decoder.Zero(resource.Kind.Schema)).Count);
    }

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(552, "9m12s")]
    [InlineData(600, "10m")]
    [InlineData(10799, "179m")]
    [InlineData(10800, "3h")]
    [InlineData(28799, "7h59m")]
    [InlineData(28800, "8h")]
    [InlineData(172800, "2d")]
    [InlineData(180000, "2d2h")]
    [InlineData(691200, "8d")]
    [InlineData(63072000, "2y")]
    [InlineData(63158400, "2y1d")]
    [InlineData(252288000, "8y")]
    public void Ages_are_told_in_two_units_at_most(int seconds, string text) => Assert.Equal(text, HumanDuration.Text(TimeSpan.FromSeconds(seconds)));

    private static List<string> Row(ApiKind kind, Node root) => Cells(ApiTable.Make(kind, [root], ApiTable.VersionOf(root), "v1", RowObject.None, Now).ListOf("rows")[0]);

    private static List<string> Cells(Node row) => row.Strings("cells");

    private static Dictionary<string, Node> Load()
    {
        var context = new ApiContext([Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")]);
        var objects = new Dictionary<string, Node>();
        foreach (var document in YamlReader.Read(Transcripts.File("tables.yaml")))
        {
            var kind = ApiKind.Find(document.Root!.Str("apiVersion"), document.Root.Str("kind"))!;
            var made = ApiValidation.Create(kind, document.Root, [], context, null).Object!;
            made["metadata"]!.Set("creationTimestamp", Node.String("2026-01-01T00:00:00Z"));
            objects[$"{kind.Kind}/{made["metadata"]!.Str("name")}"] = made;
        }

        return objects;
    }
}
