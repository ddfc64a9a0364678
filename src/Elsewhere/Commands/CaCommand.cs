using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Tls;
using Elsewhere.State;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere ca</c>: what clients are to trust.</summary>
internal static class CaCommand
{
    internal static Command Create(Terminal terminal)
    {
        var state = CommonOptions.State("The state directory whose alias CA is printed [default: that of the running elsewhere, else where run keeps it]");
        var output = CommonOptions.Output();
        var command = new Command("ca", "Print the alias CA: what a client has to trust that dials aliases by TLS. The certificates go to standard output as PEM, who they are to "
            + "standard error. Several are printed while one CA follows another. Exit code 0 if there is one that is valid, 1 if none is, 2 if there is none.")
        {
            state, output,
        };
        command.SetAction(parsed => Run(parsed.GetValue(state), parsed.GetValue(output), terminal, TimeProvider.System));
        return command.WithExamples(
            ("Write it into a file", "elsewhere ca > ca.crt"),
            ("Trust it once", "elsewhere ca > ca.crt && curl --cacert ca.crt https://payments.shop.svc.cluster.local"),
            ("Only the fingerprints", "elsewhere ca -o json | jq -r '.[].fingerprint'"));
    }

    private static int Run(string? directory, OutputForm output, Terminal terminal, TimeProvider time)
    {
        var places = directory is not null ? [directory] : Instances.Find(null) is { } running ? [running.Directory] : StateDirectory.Places().Distinct().ToArray();
        X509Certificate2Collection? certificates = null;
        foreach (var path in places.Select(static place => new AuthorityFiles(place).Certificates))
        {
            if ((certificates = Read(path, terminal, out var refused)) is not null)
                break;
            if (refused is { } exitCode)
                return exitCode;
        }

        if (certificates is null)
        {
            return terminal.Refuse(places is [var only] ? $"there is no alias CA in {only}" : $"there is no alias CA in {string.Join(" or ", places)}",
                $"run makes one when it starts: {Self.Name()} run -f PATH{(directory is null ? "" : $" --state {directory}")}");
        }

        var now = time.GetUtcNow();
        var all = certificates.Select(static certificate => Describe(certificate)).ToArray();
        if (output == OutputForm.Json)
        {
            OutputJson.Write<IReadOnlyList<CaJson>>(terminal.Out, all);
        }
        else
        {
            foreach (var each in all)
            {
                terminal.Error.WriteLine($"{each.Name}, valid from {Day(each.NotBefore)} to {Day(each.NotAfter)}");
                terminal.Error.WriteLine($"  SHA-256 {each.Fingerprint}");
                terminal.Out.Write(each.Pem);
            }
        }

        return all.Any(each => each.NotBefore <= now && now < each.NotAfter) ? 0 : 1;
    }

    private static X509Certificate2Collection? Read(string path, Terminal terminal, out int? refused)
    {
        refused = null;
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(File.ReadAllText(path));
            return certificates.Count > 0 ? certificates : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            refused = terminal.Refuse($"{path} cannot be read: {e.Message}", "it is written anew when elsewhere run starts");
            return null;
        }
    }

    private static CaJson Describe(X509Certificate2 certificate)
    {
        var (from, until) = Authority.Validity(certificate);
        var scope = AuthorityScope.Decode(certificate);
        return new CaJson(
            certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
            Authority.FingerprintOf(certificate),
            from,
            until,
            scope is null ? [] : [.. scope.Ranges.Select(static range => range.ToString())],
            scope is null ? [] : [.. scope.Excluded],
            certificate.ExportCertificatePem() + "\n");
    }

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>One alias CA.</summary>
/// <param name="Name">Its subject's common name.</param>
/// <param name="Fingerprint">SHA-256.</param>
/// <param name="NotBefore">From when it is valid.</param>
/// <param name="NotAfter">Until when.</param>
/// <param name="Ranges">The addresses that it may vouch for.</param>
/// <param name="ExcludedDomains">The top-level domains whose names it may not vouch for.</param>
/// <param name="Pem">The certificate.</param>
internal sealed record CaJson(
    string Name, string Fingerprint, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyList<string> Ranges, IReadOnlyList<string> ExcludedDomains, string Pem);
