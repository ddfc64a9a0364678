using System.Collections;
using System.Reflection;
using System.Runtime.Loader;

namespace Elsewhere.Bench.Compare.Conformance;

/// <summary>What a server did with the cases that are scored.</summary>
/// <param name="Pass">As the RFC says.</param>
/// <param name="Warn">As the RFC allows, though something else would be better.</param>
/// <param name="Fail">Otherwise.</param>
/// <param name="Must">How many of the failures are against a MUST.</param>
/// <param name="NotPassed">The cases that warn or fail, with the level of the RFC.</param>
internal sealed record ProbeResult(int Pass, int Warn, int Fail, int Must, IReadOnlyList<string> NotPassed);

/// <summary>The library of Http11Probe, found at run time: nothing of it is a part of this program.</summary>
internal sealed class Http11Probe(string path)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);
    private readonly Assembly library = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path));

    /// <summary>Asks a server all of its cases, one after the other.</summary>
    public async Task<ProbeResult> RunAsync(string host, int port)
    {
        var options = Activator.CreateInstance(TypeOf("Runner.TestRunOptions"))!;
        Set(options, "Host", host);
        Set(options, "Port", port);
        Set(options, "ConnectTimeout", patience);
        Set(options, "ReadTimeout", patience);
        dynamic runner = Activator.CreateInstance(TypeOf("Runner.TestRunner"), options)!;
        dynamic cases = Cases();
        var report = await runner.RunAsync(cases, null);
        var (counts, must, others) = (new Dictionary<string, int>(), 0, new List<string>());
        foreach (dynamic result in (IEnumerable)report.Results)
        {
            if (!(bool)result.TestCase.Scored)
                continue;
            string verdict = result.Verdict.ToString(), level = result.TestCase.RfcLevel.ToString();
            counts[verdict] = counts.GetValueOrDefault(verdict) + 1;
            must += verdict == "Fail" && level == "Must" ? 1 : 0;
            if (verdict != "Pass")
                others.Add($"{verdict} {level} {(string)result.TestCase.Id}");
        }

        return new ProbeResult(counts.GetValueOrDefault("Pass"), counts.GetValueOrDefault("Warn"), counts.GetValueOrDefault("Fail") + counts.GetValueOrDefault("Error"), must, others);
    }

    // Each suite has static methods without parameters that make its cases.
    private IList Cases()
    {
        var cases = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(TypeOf("TestCases.ITestCase")))!;
        foreach (var make in library.GetTypes()
            .Where(static type => type.Namespace == "Http11Probe.TestCases.Suites")
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(static method => method.Name is "GetTestCases" or "GetSequenceTestCases"))
        {
            foreach (var each in (IEnumerable)make.Invoke(null, null)!)
                cases.Add(each);
        }

        return cases;
    }

    private Type TypeOf(string name) => library.GetType($"Http11Probe.{name}", throwOnError: true)!;

    private static void Set(object target, string name, object value) => target.GetType().GetProperty(name)!.SetValue(target, value);
}
