using Elsewhere.RealTests.Docs;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>What we say runs: every page of the documentation is typed into a shell, and prints what it says.</summary>
public sealed class DocsTests
{
    public static TheoryData<string> Pages =>
    [
        .. new[] { "README.md", "CONTRIBUTING.md" }
            .Concat(Directory.GetFiles(Path.Combine(Installed.Repository, "docs"), "*.md").Select(path => Path.GetRelativePath(Installed.Repository, path)))
            .Order(StringComparer.Ordinal),
    ];

    [RealTheory]
    [MemberData(nameof(Pages))]
    public async Task A_page_does_what_it_says(string page)
    {
        var blocks = Page.Read(await File.ReadAllTextAsync(Path.Combine(Installed.Repository, page)));
        await using var machine = await Machine.CreateAsync();
        machine.ChangeDirectory(Installed.Repository);
        // Only the page itself can put the program on the path.
        machine.Set("PATH", machine.Environs.Variables["PATH"].Replace($"{Installed.Bin}:", "", StringComparison.Ordinal));

        await new Reader(machine, page).ReadAsync(blocks);
    }

    [RealTheory]
    [MemberData(nameof(Pages))]
    public async Task A_pages_links_lead_somewhere(string page)
    {
        var directory = Path.GetDirectoryName(Path.Combine(Installed.Repository, page))!;
        var text = await File.ReadAllTextAsync(Path.Combine(Installed.Repository, page));

        Assert.All(
            System.Text.RegularExpressions.Regex.Matches(text, @"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)").Select(match => match.Groups[1].Value),
            link => Assert.True(Path.Exists(Path.Combine(directory, link)), link));
    }

    [Theory]
    [InlineData("one\n...\nfour", "one\ntwo\nthree\nfour\n", true)]
    [InlineData("one\n...\nfour", "one\nfour\n", true)]
    [InlineData("one\n...\nfour", "one\ntwo\n", false)]
    [InlineData("one ... three", "one two three\n", true)]
    [InlineData("one ... three", "one two\n three\n", false)]
    [InlineData("one", "one\ntwo\n", false)]
    [InlineData("", "", true)]
    [InlineData("", "something\n", false)]
    [InlineData("a.c", "abc\n", false)]
    public void Three_dots_stand_for_anything(string expected, string printed, bool holds) =>
        Assert.Equal(holds, Expectation.Holds(expected.Split('\n'), printed));
}
