using System.Text;
using Elsewhere.Pod;

namespace Elsewhere.Tests.Pod;

public sealed class TrustBundleSpecs : IDisposable
{
    private static readonly byte[] system = Bytes("-----BEGIN system\n"), aliases = Bytes("-----BEGIN aliases\n");
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-trust-").FullName;
    private readonly List<string> unread = [];

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Every_variable_names_the_bundle_that_the_instance_keeps()
    {
        var bundle = Of(Bytes("-----BEGIN system\n-----BEGIN aliases\n"));

        Assert.Empty(bundle.Files);
        Assert.Equal(["CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"], bundle.Variables.Select(static set => set.Variable).Order());
        Assert.All(bundle.Variables, static set => Assert.Equal("/state/trust.pem", set.Value));
    }

    [Fact]
    public void A_bundle_that_is_behind_the_systems_trust_store_is_replaced_for_the_command()
    {
        foreach (var kept in (byte[]?[])[null, Bytes("-----BEGIN older\n-----BEGIN aliases\n")])
        {
            var bundle = Of(kept);

            Assert.Equal("-----BEGIN system\n-----BEGIN aliases\n", Text(Assert.Single(bundle.Files).Content));
            Assert.All(bundle.Variables, set => Assert.Equal($"/own/{bundle.Files[0].Name}", set.Value));
        }
    }

    [Fact]
    public void What_the_user_trusts_already_stays_trusted_and_nothing_else_is_added_but_the_alias_ca()
    {
        var own = Path.Combine(directory, "own.pem");
        File.WriteAllText(own, "-----BEGIN own");

        var bundle = Of(Bytes("-----BEGIN system\n-----BEGIN aliases\n"), ("CURL_CA_BUNDLE", own), ("GIT_SSL_CAINFO", own), ("NODE_EXTRA_CA_CERTS", ""));

        Assert.Equal("-----BEGIN own\n-----BEGIN aliases\n", Text(Assert.Single(bundle.Files).Content));
        Assert.Equal(2, bundle.Variables.Count(set => set.Value == $"/own/{bundle.Files[0].Name}"));
        Assert.Equal(3, bundle.Variables.Count(static set => set.Value == "/state/trust.pem"));
        Assert.Empty(unread);
    }

    [Fact]
    public void A_directory_of_certificates_counts_as_their_contents()
    {
        File.WriteAllText(Path.Combine(directory, "a.0"), "-----BEGIN a\n");
        File.WriteAllText(Path.Combine(directory, "b.pem"), "-----BEGIN b");
        File.WriteAllText(Path.Combine(directory, "README"), "nothing");

        var bundle = Of(Bytes("-----BEGIN system\n-----BEGIN aliases\n"), ("REQUESTS_CA_BUNDLE", directory));

        Assert.Equal("-----BEGIN a\n-----BEGIN b\n-----BEGIN aliases\n", Text(Assert.Single(bundle.Files).Content));
    }

    [Fact]
    public void A_variable_that_names_the_systems_store_or_our_bundle_counts_as_not_set()
    {
        var store = Path.Combine(directory, "store.pem");
        File.WriteAllBytes(store, system);

        Assert.Empty(Of(Bytes("-----BEGIN system\n-----BEGIN aliases\n"), ("SSL_CERT_FILE", store), ("CURL_CA_BUNDLE", "/state/trust.pem")).Files);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        var bundle = Of(Bytes("-----BEGIN system\n-----BEGIN aliases\n"), ("SSL_CERT_FILE", Path.Combine(directory, "none")));

        Assert.Empty(bundle.Files);
        Assert.Equal($"SSL_CERT_FILE {directory}/none", Assert.Single(unread));
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static string Text(byte[] content) => Encoding.ASCII.GetString(content);

    private TrustBundle Of(byte[]? kept, params (string Name, string Value)[] own) => TrustBundle.Of(
        ("/state/trust.pem", kept), aliases, system, "/own", name => own.FirstOrDefault(each => each.Name == name).Value, (variable, path) => unread.Add($"{variable} {path}"));
}
