namespace Elsewhere.Pod;

/// <summary>What a command gets that its host has not.</summary>
/// <param name="ResolvConf">The content of <c>/etc/resolv.conf</c>.</param>
/// <param name="NameServiceSwitch">The content of <c>/etc/nsswitch.conf</c>, or null to leave the host's.</param>
/// <param name="Hosts">The content of <c>/etc/hosts</c>, or null to leave the host's.</param>
/// <param name="Trust">Whose certificates it accepts.</param>
internal sealed record PodSetup(string ResolvConf, string? NameServiceSwitch, string? Hosts, TrustBundle Trust);

/// <summary>Why a command could not be started, and the exit code that says so.</summary>
/// <param name="ExitCode">2: no private mounts; 126: the command may not be run; 127: it was not found (as a shell counts).</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do; may be empty.</param>
internal sealed record ExecProblem(int ExitCode, string Message, string Remedy);
