using Elsewhere.Model;

namespace Elsewhere.Tests.Specs;

/// <summary>
/// Runs every case of <c>specs/</c>. With <c>ELSEWHERE_ACCEPT=1</c> in the environment the files are written anew, and the run fails all the same: what was
/// accepted is a diff for somebody to read.
/// </summary>
public sealed class FolderSpecs
{
    private static readonly bool Accept = Environment.GetEnvironmentVariable("ELSEWHERE_ACCEPT") == "1";

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var spec in SpecCase.All)
            data.Add(spec.Feature, spec.Name);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_gives_what_its_folder_says(string feature, string name)
    {
        var spec = new SpecCase(feature, name);
        var snapshot = spec.Resolve();
        var differing = new List<string>();
        Compare(spec, "aliases.txt", SpecText.Aliases(snapshot), differing);
        Compare(spec, "findings.txt", SpecText.Findings(snapshot), differing);
        if (spec.Read("dns.txt") is { } questions)
            Compare(spec, "dns.txt", SpecDns.Answers(snapshot, questions), differing);
        Assert.True(differing.Count == 0, Accept ? $"accepted, review the diff: {string.Join(", ", differing)}" : string.Join('\n', differing));
    }

    [Fact]
    public void A_run_that_accepts_is_never_green() => Assert.False(Accept, "accepted, review the diff");

    [Fact]
    public void There_are_cases_enough_to_learn_from() => Assert.True(SpecCase.All.Count() >= 30, $"{SpecCase.All.Count()} cases");

    [Fact]
    public void Every_case_says_in_its_first_line_what_it_shows() =>
        Assert.All(SpecCase.All, c => Assert.StartsWith("# ", c.Read("cluster.yaml"), StringComparison.Ordinal));

    [Fact]
    public void No_folder_is_left_over_without_its_cluster()
    {
        var orphans = Directory.EnumerateFiles(SpecCase.Root, "findings.txt", SearchOption.AllDirectories)
            .Where(f => !File.Exists(Path.Combine(Path.GetDirectoryName(f)!, "cluster.yaml")));
        Assert.Empty(orphans);
    }

    [Fact]
    public void Every_code_of_the_model_occurs_in_a_case()
    {
        var seen = SpecCase.All.SelectMany(c => c.Resolve().Findings).Select(f => f.Code).ToHashSet();

        // A list of more than a thousand addresses reads badly; EndpointsMirrorSpecs has it.
        seen.Add(FindingCodes.EndpointsTooMany.Name);
        Assert.Equal([], Catalogue.OfModel.Select(c => c.Name).Except(seen));
    }

    private static void Compare(SpecCase spec, string file, string actual, List<string> differing)
    {
        var expected = spec.Read(file);
        if (expected == actual)
            return;
        if (Accept)
        {
            File.WriteAllText(Path.Combine(spec.Folder, file), actual);
            differing.Add($"{spec}/{file}");
            return;
        }

        differing.Add($"{spec}/{file} {(expected is null ? "is missing" : "differs")}; ELSEWHERE_ACCEPT=1 writes it. Expected:\n{expected}\nactual:\n{actual}");
    }
}
