using Elsewhere.Model;

namespace Elsewhere.Tests.Model;

/// <summary>The difference of two sequences leads from one to the other.</summary>
public sealed class SeqChangesSpecs
{
    private static readonly string[] Items = [.. Enumerable.Range(0, 8).Select(static number => $"item {number}")];

    [Fact]
    public void Equal_sequences_differ_in_nothing()
    {
        var changes = SeqChanges.Between<string>(Items, Items.ToArray());

        Assert.Empty(changes!.Gone);
        Assert.Empty(changes.Come);
    }

    [Fact]
    public void Items_that_change_places_are_no_difference_that_can_be_told() =>
        Assert.Null(SeqChanges.Between<string>([Items[0], Items[1], Items[2]], [Items[0], Items[2], Items[1]]));

    [Fact]
    public void Taking_away_what_is_gone_and_adding_what_came_leads_from_one_to_the_other()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            string[] before = [.. Items.Where(_ => random.Next(3) > 0)], now = [.. Items.Where(_ => random.Next(3) > 0)];

            var changes = SeqChanges.Between<string>(before, now)!;

            Assert.Equal(before.Except(now), changes.Gone);
            Assert.Equal(now.Except(before), changes.Come);
        }
    }

    [Fact]
    public void Others_in_the_places_of_those_that_are_gone_are_told_unless_one_that_stays_has_moved()
    {
        var random = new Random(2);
        string[] many = [.. Enumerable.Range(0, 40).Select(static number => $"item {number}")];
        for (var round = 0; round < 2000; round++)
        {
            string[] now = [.. many];
            for (var change = random.Next(4); change >= 0; change--)
                now[random.Next(now.Length)] = $"other {change}";
            var (from, to) = (random.Next(now.Length), random.Next(now.Length));
            if (random.Next(2) == 0)
                (now[from], now[to]) = (now[to], now[from]);
            var stays = many.Intersect(now);

            var changes = SeqChanges.Between<string>(many, now);

            Assert.Equal(stays.SequenceEqual(now.Intersect(many)), changes is not null);
            if (changes is null)
                continue;
            Assert.Equal(many.Except(now), changes.Gone);
            Assert.Equal(now.Except(many), changes.Come);
        }
    }
}
