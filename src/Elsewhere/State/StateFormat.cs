using System.Text.Json.Serialization;

namespace Elsewhere.State;

/// <summary>What a running instance tells other commands: <c>instance.json</c> in its state directory.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="StartTime">When it started, in the kernel's ticks since boot: a process id alone comes back for another process. 0 where unknown.</param>
/// <param name="Nameservers">Addresses where its DNS answers on port 53: what a <c>resolv.conf</c> can name.</param>
/// <param name="DnsListeners">All addresses and ports where its DNS answers.</param>
/// <param name="ClusterDomain">Without a trailing dot.</param>
/// <param name="ServiceCidrs">Its service ranges.</param>
/// <param name="Files">The manifests that it reads, as absolute paths.</param>
/// <param name="Kubeconfig">The way to its API, as an absolute path; null if it serves none.</param>
internal sealed record InstanceInfo(
    int ProcessId,
    long StartTime,
    IReadOnlyList<string> Nameservers,
    IReadOnlyList<string> DnsListeners,
    string ClusterDomain,
    IReadOnlyList<string> ServiceCidrs,
    IReadOnlyList<string> Files,
    string? Kubeconfig = null);

/// <summary>An instance that runs.</summary>
/// <param name="Directory">Its state directory.</param>
/// <param name="Info">What it tells.</param>
internal sealed record RunningInstance(string Directory, InstanceInfo Info);

/// <summary><c>addresses.json</c>: which service address is whose.</summary>
/// <param name="Version">1.</param>
/// <param name="Addresses">The entries.</param>
internal sealed record AddressFileContent(int Version, IReadOnlyList<AddressFileEntry> Addresses);

/// <summary>One entry of <see cref="AddressFileContent"/>.</summary>
/// <param name="Namespace">The alias' namespace.</param>
/// <param name="Name">The alias' name.</param>
/// <param name="Address">Its address.</param>
internal sealed record AddressFileEntry(string Namespace, string Name, string Address);

/// <summary>The state files as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(InstanceInfo))]
[JsonSerializable(typeof(AddressFileContent))]
internal sealed partial class StateJson : JsonSerializerContext;
