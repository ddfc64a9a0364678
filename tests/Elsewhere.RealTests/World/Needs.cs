using System.Diagnostics;

namespace Elsewhere.RealTests.World;

/// <summary>
/// A test that needs real programs and the right to make network namespaces. A machine without them shows the test as skipped with
/// what is missing; <c>.ci/run</c> installs all of it and takes a skipped test for a failed one.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealFactAttribute : FactAttribute
{
    public RealFactAttribute() => Skip = Needs.Missing;
}

/// <inheritdoc cref="RealFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealTheoryAttribute : TheoryAttribute
{
    public RealTheoryAttribute() => Skip = Needs.Missing;
}

/// <summary>What this machine lacks.</summary>
internal static class Needs
{
    private static readonly (string Program, string Package)[] Programs =
    [
        ("ip", "iproute2"), ("dig", "bind9-dnsutils"), ("curl", "curl"), ("nginx", "nginx-light"), ("nsd", "nsd"), ("psql", "postgresql-client"), ("kubectl", "kubernetes-client"),
        ("nc", "netcat-openbsd"), ("apache2", "apache2"), ("git", "git"), ("cadaver", "cadaver"), ("docker-registry", "docker-registry"), ("php", "php-cli"), ("openssl", "openssl"), ("node", "nodejs"), ("npm", "npm"), ("python3", "python3"), ("chromium", "chromium"), ("certutil", "libnss3-tools"),
    ];

    /// <summary>What to do so that the real tests run; null if nothing is missing.</summary>
    public static string? Missing { get; } = Find();

    private static string? Find()
    {
        if (!OperatingSystem.IsLinux())
            return "needs Linux: network namespaces stand for the internet";
        var packages = Programs.Where(need => !OnPath(need.Program)).Select(need => need.Package).ToList();
        if (Internet.PostgresPrograms() is null)
            packages.Add("postgresql");
        if (!Directory.Exists("/usr/share/dokuwiki"))
            packages.Add("dokuwiki");
        if (packages.Count > 0)
            return $"needs: apt-get install --no-install-recommends {string.Join(' ', packages)}";
        if (!File.Exists(NpmOrigin.Program))
            return $"needs: {NpmOrigin.Install}";
        if (!File.Exists(KubernetesClient.Package))
            return $"needs: {KubernetesClient.Install}";
        return MayMakeNamespaces() ? null : "needs root and the right to make network namespaces: sudo dotnet test";
    }

    private static bool OnPath(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    private static bool MayMakeNamespaces()
    {
        using var process = Process.Start(new ProcessStartInfo("unshare", "--net --mount true") { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
