using System.Security.Cryptography;
using System.Text;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Pod;

namespace Elsewhere.State;

/// <summary>
/// The alias CAs in the state directory: <c>ca-keys.pem</c> with the keys, for the owner alone; <c>ca.crt</c>, what clients are to trust;
/// <c>trust.pem</c>, the same behind the system's trust store. Each is replaced as a whole, the keys first.
/// </summary>
/// <param name="directory">The state directory.</param>
internal sealed class AuthorityFiles(string directory)
{
    private const string KeyFile = "ca-keys.pem", CertificateFile = "ca.crt", TrustFile = "trust.pem", OwnTrustDirectory = "own-trust";
    private readonly string keys = Path.Combine(directory, KeyFile);

    /// <summary>The alias CAs as PEM, for everybody.</summary>
    internal string Certificates { get; } = Path.Combine(directory, CertificateFile);

    /// <summary>The system's trust store and the alias CAs as PEM, for everybody.</summary>
    internal string Trust { get; } = Path.Combine(directory, TrustFile);

    /// <summary>An empty directory, over which a command of <c>elsewhere exec</c> gets bundles of its own.</summary>
    internal string OwnTrust { get; } = Path.Combine(directory, OwnTrustDirectory);

    /// <summary>The CAs that were kept; an empty set if there are none, or if the file is not what this program writes: then it is set aside.</summary>
    internal AuthoritySet Read(out Finding? finding)
    {
        finding = null;
        try
        {
            var pem = File.ReadAllText(keys);
            Close();
            return AuthoritySet.FromPem(pem);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return AuthoritySet.Empty;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            finding = StateFindingCodes.StateBroken.On(ObjectRef.None, "", $"{keys} cannot be read: {e.Message}",
                $"it is kept as {KeyFile}.broken, and there is a new alias CA: programs that run already have to be started again to trust it", new SourcePlace(keys, 1, 0));
            SetAside();
            return AuthoritySet.Empty;
        }
    }

    /// <summary>Keeps them, and gives clients what they are to trust.</summary>
    /// <exception cref="IOException">The disk is full or read-only; the keys that were kept before still stand.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there any more.</exception>
    internal void Write(AuthoritySet authorities)
    {
        AtomicFile.Write(keys, authorities.ToPem().Bytes.AsSpan(), AtomicFile.Private);
        WriteBundles(authorities);
    }

    /// <summary>Gives clients what they are to trust: after a start, since the system's trust store may have changed.</summary>
    /// <exception cref="IOException">The disk is full or read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there any more.</exception>
    internal void WriteBundles(AuthoritySet authorities)
    {
        AtomicFile.Write(Certificates, Encoding.ASCII.GetBytes(authorities.Bundle), AtomicFile.Public);
        AtomicFile.Write(Trust, TrustBundle.Join(SystemTrust.Read(), Encoding.ASCII.GetBytes(authorities.Bundle)), AtomicFile.Public);
        Directory.CreateDirectory(OwnTrust);
    }

    // A copy or a backup may have opened it to others.
    private void Close()
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(keys) & ~AtomicFile.Private) != 0)
            File.SetUnixFileMode(keys, AtomicFile.Private);
    }

    private void SetAside()
    {
        try
        {
            File.Move(keys, keys + ".broken", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next write replaces it.
        }
    }
}
