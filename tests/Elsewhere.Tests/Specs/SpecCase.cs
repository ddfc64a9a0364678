using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Specs;

/// <summary>
/// A folder <c>specs/FEATURE/CASE</c> with a <c>cluster.yaml</c>. Beside it lie what it gives: <c>aliases.txt</c>, <c>findings.txt</c>, and, where somebody wrote
/// questions into it, <c>dns.txt</c>. <c>options.txt</c> has one option of <c>elsewhere run</c> a line.
/// </summary>
internal sealed record SpecCase(string Feature, string Name)
{
    public static string Root { get; } = Path.Combine(Repository.Root, "specs");

    public string Folder => Path.Combine(Root, Feature, Name);

    public static IEnumerable<SpecCase> All { get; } =
    [
        .. Directory.EnumerateFiles(Root, "cluster.yaml", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Root, f).Split(Path.DirectorySeparatorChar))
            .Where(p => p.Length == 3)
            .Select(p => new SpecCase(p[0], p[1]))
            .OrderBy(c => c.Feature, StringComparer.Ordinal)
            .ThenBy(c => c.Name, StringComparer.Ordinal),
    ];

    public AliasSnapshot Resolve()
    {
        var source = new ManifestSource("cluster.yaml", File.ReadAllBytes(Path.Combine(Folder, "cluster.yaml")));
        return Elsewhere.Model.Resolve.Run(ManifestReader.Read([source], ReadOptions.Default), Options());
    }

    public string? Read(string file) => Path.Combine(Folder, file) is var path && File.Exists(path) ? File.ReadAllText(path) : null;

    public override string ToString() => $"{Feature}/{Name}";

    private ResolveOptions Options()
    {
        var options = ResolveOptions.Default;
        foreach (var line in (Read("options.txt") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            options = line.Split(' ') switch
            {
                ["--service-cidr", var cidrs] => options with { ServiceCidrs = cidrs.Split(',').Select(Cidr.Parse).ToSeq() },
                ["--cluster-domain", var domain] => options with { ClusterDomain = DnsName.Parse(domain) },
                _ => throw new InvalidOperationException($"{this}: options.txt: {line}"),
            };
        }

        return options;
    }
}
