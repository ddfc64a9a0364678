namespace Elsewhere.Model;

/// <summary>Who says so: Kubernetes' own validation, or Elsewhere on top of it.</summary>
public enum FindingSource
{
    /// <summary>The API server would say the same.</summary>
    Kubernetes,

    /// <summary>Kubernetes accepts it; we know that it does not do what was meant.</summary>
    Elsewhere,
}

/// <summary>How bad it is.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Info,

    /// <summary>Works, but not as most would expect, or not for long.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Error,
}

/// <summary>Severities as text.</summary>
public static class Severities
{
    /// <summary>The severity as JSON, text and metrics have it.</summary>
    public static string Word(this Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        Severity.Info => "info",
    };
}

/// <summary>Which object of which API: what a finding is about.</summary>
/// <param name="ApiVersion">Group and version, <c>v1</c> or <c>discovery.k8s.io/v1</c>; empty where the text could not be read so far.</param>
/// <param name="Kind">The kind; empty where unknown.</param>
/// <param name="Namespace">The namespace; empty for cluster-scoped kinds.</param>
/// <param name="Name">The name; empty where unknown.</param>
public sealed record ObjectRef(string ApiVersion, string Kind, string Namespace, string Name)
{
    /// <summary>No object: the finding is about a file.</summary>
    public static ObjectRef None { get; } = new("", "", "", "");

    /// <summary><c>Service shop/payments</c>, as people write it.</summary>
    public override string ToString() => this.Namespace.Length == 0 ? $"{this.Kind} {this.Name}" : $"{this.Kind} {this.Namespace}/{this.Name}";
}

/// <summary>Where an object was written.</summary>
/// <param name="File">The path as the user gave it, or <c>-</c> for standard input, or <c>api</c>.</param>
/// <param name="Document">The document in that file, from 1; an item of a List counts with its document.</param>
/// <param name="Line">The line of the document's first token, from 1; 0 where unknown.</param>
public sealed record SourcePlace(string File, int Document, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => this.Line > 0 ? $"{this.File}:{this.Line}" : this.File;
}

/// <summary>Something wrong or risky. The same finding shows in lint, explain, run, status, metrics and dashboard.</summary>
/// <param name="Code">The stable name, a heading of <c>docs/findings.md</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Object">The object it is about.</param>
/// <param name="Field">The field in Kubernetes' notation, <c>spec.ports[0].name</c>; empty if it is about the whole object.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do; for a Kubernetes validation error it may be empty, since the message says what is allowed.</param>
/// <param name="Place">Where the object was written; null if it comes from no file.</param>
public sealed record Finding(
    string Code,
    Severity Severity,
    FindingSource Source,
    ObjectRef Object,
    string Field,
    string Message,
    string Remedy,
    SourcePlace? Place = null);
