using Elsewhere.Model;
using Elsewhere.Serving;

namespace Elsewhere.Tests.Serving;

public sealed class SnapshotChangesSpecs
{
    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    public void Findings_are_new_by_what_they_say_and_not_by_where_it_stands(int size)
    {
        Finding[] before = [.. Enumerable.Range(0, size).Select(i => About(i, 1))];
        Finding[] now = [.. before.Take(1), .. Enumerable.Range(1, size - 1).Select(i => About(i, 2)), About(size, 1)];

        Assert.Equal(About(size, 1), Assert.Single(SnapshotChanges.NewAmong(before, now)));
        Assert.Empty(SnapshotChanges.NewAmong(now, before));
    }

    [Fact]
    public void A_finding_that_says_something_else_is_new()
    {
        var before = About(1, 1);
        var now = before with { Remedy = "do something else" };

        Assert.Equal(now, Assert.Single(SnapshotChanges.NewAmong([before], [now])));
    }

    [Fact]
    public void A_finding_that_came_twice_and_now_once_is_not_new() => Assert.Empty(SnapshotChanges.NewAmong([About(1, 1), About(1, 2)], [About(1, 3)]));

    private static Finding About(int number, int line) => new(
        "some-code", Severity.Info, FindingSource.Elsewhere, new ObjectRef("v1", "Service", "shop", $"service-{number}"), "", "a message", "", new SourcePlace("file.yaml", 1, line));
}
