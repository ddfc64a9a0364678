using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench/Elsewhere.Bench -- --filter '*'
return args is ["start", .. var rest]
    ? await Elsewhere.Bench.StartBench.RunAsync(rest)
    : BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args).Any() ? 0 : 2;
