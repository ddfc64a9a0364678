using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>What kind of thing is wrong with one listener or one target.</summary>
public enum RelayProblemKind
{
    /// <summary>Another alias has the address and port.</summary>
    Conflict,

    /// <summary>A target may not be dialled.</summary>
    Denied,

    /// <summary>A target is a listener of this relay.</summary>
    Loop,

    /// <summary>The port may not be bound by this user (EACCES).</summary>
    NotPermitted,

    /// <summary>Another program listens there (EADDRINUSE).</summary>
    InUse,

    /// <summary>No interface has the address (EADDRNOTAVAIL), or the machine has no such address family.</summary>
    NoSuchAddress,

    /// <summary>No descriptors are left (EMFILE, ENFILE).</summary>
    NoDescriptors,

    /// <summary>The system refused for another reason, which the text names.</summary>
    Failed,
}

/// <summary>One listener that does not stand, or one target that is left out.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Alias">Whose port it is.</param>
/// <param name="Listen">The listener concerned.</param>
/// <param name="Reason">What is wrong, as a sentence.</param>
/// <param name="Remedy">What to do: the exact command where there is one.</param>
public sealed record RelayProblem(RelayProblemKind Kind, ObjectKey Alias, RelayListen Listen, string Reason, string Remedy)
{
    /// <summary>Reason and remedy on one line.</summary>
    public override string ToString() => $"{this.Alias}: {this.Reason}; {this.Remedy}";
}

/// <summary>What one application of a table did.</summary>
/// <param name="Listening">How many listeners stand now.</param>
/// <param name="Added">How many of them are new.</param>
/// <param name="Retired">How many listeners the table does not have any more; they close when their grace is over.</param>
/// <param name="Problems">What does not stand, the table's own problems first. Whatever could not be bound is tried again with the next table.</param>
public sealed record RelayReport(int Listening, int Added, int Retired, Seq<RelayProblem> Problems);
