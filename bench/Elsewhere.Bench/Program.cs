using BenchmarkDotNet.Running;
using Elsewhere.Bench;
using Elsewhere.Bench.Api;
using Elsewhere.Bench.Compare;

// See bench/README.md.
return args switch
{
    ["start", .. var rest] => await StartBench.RunAsync(rest),
    ["api", .. var rest] => await ApiBench.RunAsync(rest),
    ["compare", "dns"] => await CompareDns.RunAsync(),
    ["compare", "relay"] => await CompareRelay.RunAsync(),
    _ => BenchmarkSwitcher.FromAssembly(typeof(ResolveBench).Assembly).Run(args).Any() ? 0 : 2,
};
