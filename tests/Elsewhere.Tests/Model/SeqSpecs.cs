using Elsewhere.Model;

namespace Elsewhere.Tests.Model;

public sealed class SeqSpecs
{
    [Fact]
    public void Two_sequences_of_equal_items_are_equal()
    {
        Seq<string> left = ["a", "b"];
        var right = new List<string> { "a", "b" }.ToSeq();
        Assert.True(left == right);
        Assert.True(left.Equals((object)right));
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.Equal("[a, b]", left.ToString());
    }

    [Fact]
    public void Order_and_length_count()
    {
        Seq<int> sequence = [1, 2];
        Assert.True(sequence != [2, 1]);
        Assert.True(sequence != [1]);
        Assert.False(sequence.Equals("1, 2"));
    }

    [Fact]
    public void The_default_is_the_empty_sequence()
    {
        Seq<int> none = default;
        Assert.True(none.IsEmpty);
        Assert.True(none == []);
        Assert.Equal(none.GetHashCode(), ((Seq<int>)[]).GetHashCode());
        Assert.Empty((IEnumerable<int>)none);
        Assert.Equal("[]", none.ToString());
        foreach (var item in none)
            Assert.Fail($"{item} came out of nothing");
    }
}
