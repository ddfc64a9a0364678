namespace Elsewhere.Kubernetes.Read;

/// <summary>Objects that are in no file, as they are and as they differ from what they were.</summary>
/// <param name="Before">The number of the state that they differ from.</param>
/// <param name="Now">The number of this one.</param>
/// <param name="All">All of them, one of each key.</param>
/// <param name="Gone">Those of the former state alone.</param>
/// <param name="Come">Those of this one alone.</param>
internal sealed record ObjectChanges(long Before, long Now, IReadOnlyCollection<ManifestObject> All, IReadOnlyList<ManifestObject> Gone, IReadOnlyList<ManifestObject> Come);
