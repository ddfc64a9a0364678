using BenchmarkDotNet.Running;
using Elsewhere.Bench;
using Elsewhere.Bench.Api;
using Elsewhere.Bench.Compare;
using Elsewhere.Bench.Compare.Conformance;
using Elsewhere.Bench.Compare.Http;

// See bench/README.md.
return args switch
{
    ["start", .. var rest] => await StartBench.RunAsync(rest),
    ["api", .. var rest] => await ApiBench.RunAsync(rest),
    ["compare", "dns"] => await CompareDns.RunAsync(),
    ["compare", "relay"] => await CompareRelay.RunAsync(),
    ["compare", "http"] => await CompareHttp.RunAsync(),
    ["compare", "conformance", .. var rest] => await CompareConformance.RunAsync(rest),
    ["serve", .. var rest] => await BenchServers.RunAsync(rest),
    _ => BenchmarkSwitcher.FromAssembly(typeof(ResolveBench).Assembly).Run(args).Any() ? 0 : 2,
};
