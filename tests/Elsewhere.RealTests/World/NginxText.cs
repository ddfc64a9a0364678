namespace Elsewhere.RealTests.World;

/// <summary>Parts of nginx' configuration.</summary>
internal static class NginxText
{
    /// <summary>Where it keeps what does not fit into memory, so that two of them do not meet, and nothing is written outside.</summary>
    /// <param name="directory">The directory of the server.</param>
    public static string Places(string directory) =>
        string.Join(' ', new[] { "client_body", "proxy", "fastcgi", "scgi", "uwsgi" }.Select(part => $"{part}_temp_path {directory}/{part};"));
}
