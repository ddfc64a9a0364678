namespace Elsewhere.RealTests.World;

/// <summary>A Kubernetes client that others wrote: the informers of npm's <c>@kubernetes/client-node</c>, driven by <c>tests/kubernetes-client/in-step.js</c>.</summary>
internal static class KubernetesClient
{
    /// <summary>The package. Debian has none of it: <c>.ci/run</c> installs it, once, as <see cref="Install"/> does.</summary>
    public const string Package = $"{Modules}/@kubernetes/client-node/package.json";

    /// <summary>What to type in the repository's root so that it is there.</summary>
    public const string Install = $"install -D -t {Home} tests/kubernetes-client/package.json tests/kubernetes-client/package-lock.json && npm ci --prefix {Home} --omit=dev --ignore-scripts";

    private const string Home = "/var/cache/elsewhere-tests/kubernetes-client";
    private const string Modules = $"{Home}/node_modules";

    /// <summary>Starts it on a machine; it takes commands as lines.</summary>
    public static async Task<Running> StartAsync(Machine machine)
    {
        var client = machine.Start("env", $"NODE_PATH={Modules}", "node", Path.Combine(Installed.Repository, "tests", "kubernetes-client", "in-step.js"));
        await client.SaysAsync("ready");
        return client;
    }
}
