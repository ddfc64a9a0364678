using Elsewhere.Http.Tls;
using Elsewhere.State;
using Elsewhere.Tests.Http.Tls;

namespace Elsewhere.Tests.State;

public sealed class AuthorityFilesSpecs : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-ca-").FullName;
    private readonly AuthoritySet authorities = AuthoritySet.Empty.Next(AuthorityScope.For(TlsKit.Ranges, [], []), TimeProvider.System.GetUtcNow());

    private string Keys => Path.Combine(directory, "ca-keys.pem");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void The_ca_outlives_the_process()
    {
        var files = new AuthorityFiles(directory);
        Assert.Empty(files.Read(out var finding).Authorities);
        Assert.Null(finding);

        files.Write(authorities);

        var again = new AuthorityFiles(directory).Read(out finding);
        Assert.Null(finding);
        Assert.Equal(authorities.ToPem(), again.ToPem());
        Assert.Equal(authorities.Bundle, File.ReadAllText(files.Certificates));
        Assert.EndsWith(authorities.Bundle, File.ReadAllText(files.Trust), StringComparison.Ordinal);
    }

    [Fact]
    public void The_keys_are_for_the_owner_alone_and_the_certificates_for_everybody()
    {
        if (OperatingSystem.IsWindows())
            return;
        var files = new AuthorityFiles(directory);
        // What a kill left behind, and an old file that others could read.
        File.WriteAllText(Keys + ".tmp", "half");
        File.SetUnixFileMode(Keys + ".tmp", AtomicFile.Public);
        files.Write(authorities);
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(Keys));
        Assert.Equal(AtomicFile.Public, File.GetUnixFileMode(files.Certificates));
        Assert.Equal(AtomicFile.Public, File.GetUnixFileMode(files.Trust));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(files.Certificates) + File.ReadAllText(files.Trust), StringComparison.Ordinal);

        File.SetUnixFileMode(Keys, AtomicFile.Public);
        files.Read(out _);
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(Keys));
    }

    [Fact]
    public void A_file_torn_at_any_byte_is_set_aside_with_a_finding()
    {
        var files = new AuthorityFiles(directory);
        files.Write(authorities);
        var whole = File.ReadAllBytes(Keys);
        for (var length = 0; length < whole.Length - 1; length += 37)
        {
            File.WriteAllBytes(Keys, whole[..length]);
            Assert.Empty(files.Read(out var finding).Authorities);
            Assert.Equal("state-broken", finding?.Code);
            Assert.Equal(whole[..length], File.ReadAllBytes(Keys + ".broken"));
            Assert.False(File.Exists(Keys));
        }
    }

    [Fact]
    public void A_write_that_was_cut_off_leaves_the_old_ca()
    {
        var files = new AuthorityFiles(directory);
        files.Write(authorities);
        File.WriteAllText(Keys + ".tmp", "-----BEGIN PRIV");

        Assert.Equal(authorities.ToPem(), files.Read(out var finding).ToPem());
        Assert.Null(finding);
    }
}
