namespace Elsewhere.Pod;

/// <summary>What a command of <c>elsewhere exec</c> trusts: variables that programs read, and bundles for those that were set already.</summary>
/// <param name="Variables">Each variable, and the file that it is to name.</param>
/// <param name="Directory">Where files of the command's own appear; empty if there are none.</param>
/// <param name="Files">Those files: name and content.</param>
internal sealed record TrustBundle(IReadOnlyList<(string Variable, string Value)> Variables, string Directory, IReadOnlyList<(string Name, byte[] Content)> Files)
{
    // A directory of certificates is one file each.
    private const int MostFiles = 2_000, MostBytes = 16 << 20;

    /// <summary>OpenSSL and Go, Node.js, Python's requests, curl, git.</summary>
    internal static readonly string[] Names = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"];

    /// <summary>Nothing is set.</summary>
    internal static TrustBundle None { get; } = new([], "", []);

    /// <summary>
    /// For each variable: the bundle that the running instance keeps up to date; or, where the user named one, a file with the user's certificates and the alias
    /// CAs. The latter, and the former if the one kept is behind the system's trust store, are as of now.
    /// </summary>
    /// <param name="kept">The bundle that the instance keeps: its path, and its content or null.</param>
    /// <param name="aliases">The alias CAs.</param>
    /// <param name="system">The system's trust store.</param>
    /// <param name="directory">Where files of the command's own can appear.</param>
    /// <param name="ownValue">What a variable says now.</param>
    /// <param name="unread">Told of each variable whose file cannot be read; it counts as not set.</param>
    internal static TrustBundle Of((string Path, byte[]? Content) kept, byte[] aliases, byte[] system, string directory, Func<string, string?> ownValue, Action<string, string> unread)
    {
        var current = Join(system, aliases);
        var isCurrent = kept.Content is not null && kept.Content.AsSpan().SequenceEqual(current);
        var variables = new List<(string Variable, string Value)>();
        var files = new List<(string Name, byte[] Content)>();
        foreach (var name in Names)
        {
            byte[]? own = null;
            if (ownValue(name) is { Length: > 0 } value && value != kept.Path && (own = Read(value)) is null)
                unread(name, value);
            // Often it names the system's trust store itself.
            if (own is not null && own.AsSpan().SequenceEqual(system))
                own = null;
            if (own is null && isCurrent)
            {
                variables.Add((name, kept.Path));
                continue;
            }

            var content = own is null ? current : Join(own, aliases);
            var file = files.FirstOrDefault(file => file.Content.AsSpan().SequenceEqual(content)).Name;
            if (file is null)
                files.Add((file = $"{name.ToLowerInvariant()}.pem", content));
            variables.Add((name, Path.Combine(directory, file)));
        }

        return new TrustBundle(variables, directory, files);
    }

    /// <summary>One bundle behind another; a line feed is put in between where one is missing.</summary>
    internal static byte[] Join(byte[] first, byte[] second) => first is [] or [.., (byte)'\n'] ? [.. first, .. second] : [.. first, (byte)'\n', .. second];

    private static byte[]? Read(string path)
    {
        try
        {
            if (!System.IO.Directory.Exists(path))
                return File.ReadAllBytes(path);
            var all = new List<byte>();
            foreach (var file in System.IO.Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Take(MostFiles))
            {
                var content = File.ReadAllBytes(file);
                if (all.Count + content.Length > MostBytes)
                    break;
                if (content.AsSpan().IndexOf("-----BEGIN "u8) >= 0)
                    all = [.. Join([.. all], content)];
            }

            return [.. all];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
