using System.Net;
using System.Net.Sockets;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.State;

namespace Elsewhere.Serving;

/// <summary>The embedded Kubernetes API of one instance: its objects, its server, and the kubeconfig that leads there. What is wrong with it costs only itself.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private const string ObjectsFile = "objects.journal";
    private readonly IPEndPoint? listen;
    private readonly string? directory;
    private readonly TimeProvider time;
    private readonly List<Finding> findings = [];
    private ApiCredentials? credentials;
    private ApiServer? server;

    private ApiHost(IPEndPoint? listen, string? directory, TimeProvider time) => (this.listen, this.directory, this.time) = (listen, directory, time);

    /// <summary>The objects; null if the API is off, or if they cannot be had.</summary>
    internal ApiObjects? Objects { get; private set; }

    /// <summary>Where the kubeconfig is; null if the API is not served.</summary>
    internal string? ConfigPath { get; private set; }

    /// <summary>What is wrong.</summary>
    internal IReadOnlyList<Finding> Findings => findings;

    /// <summary>Opens the objects.</summary>
    /// <param name="listen">Where to serve; null for nowhere. What was written before is in force all the same.</param>
    /// <param name="directory">The state directory; null if there is none, and no API then.</param>
    /// <param name="serviceCidrs">The ranges of service addresses.</param>
    /// <param name="read">How files are read.</param>
    /// <param name="live">Which addresses are given.</param>
    /// <param name="time">The clock.</param>
    internal static ApiHost Open(IPEndPoint? listen, string? directory, Seq<Cidr> serviceCidrs, ReadOptions read, Func<AddressBook> live, TimeProvider time)
    {
        var host = new ApiHost(listen, directory, time);
        if (directory is null || (listen is null && !File.Exists(Path.Combine(directory, ObjectsFile))))
            return host;
        try
        {
            host.Objects = ApiObjects.Open(Path.Combine(directory, ObjectsFile), serviceCidrs, read, live, time, out var finding);
            if (finding is not null)
                host.findings.Add(finding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            host.Refuse($"its objects cannot be read: {e.Message}", $"Check {Path.Combine(directory, ObjectsFile)} and its permissions.");
        }

        return host;
    }

    /// <summary>Begins to serve; what does not work is a finding.</summary>
    internal async Task StartAsync()
    {
        if (listen is null || Objects is null || directory is null)
            return;
        try
        {
            credentials = ApiCredentials.Take(directory, listen.Address, time);
            server = await ApiServer.StartAsync(Objects, new ApiServerOptions(listen, credentials.Certificate, credentials.Token)).ConfigureAwait(false);
            credentials.WriteConfig(DnsPlace.Reachable(server.EndPoint));
            ConfigPath = credentials.ConfigPath;
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            Refuse($"{listen}: {(e.InnerException ?? e).Message}", credentials is null || server is not null
                ? $"Check {directory}, its permissions and the room on its disk."
                : "Stop who listens there, or name another place: --api ADDR:PORT, or --api off.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync().ConfigureAwait(false);
        if (Objects is not null)
            await Objects.DisposeAsync().ConfigureAwait(false);
        credentials?.Dispose();
    }

    private void Refuse(string why, string remedy) =>
        findings.Add(ServingFindingCodes.ApiNotListening.On(ObjectRef.None, "", $"the Kubernetes API is not served: {why}", remedy, null));
}
