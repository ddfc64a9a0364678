namespace Elsewhere.Model;

/// <summary>
/// A kind of finding. Every code is a static property of a class whose name ends in <c>FindingCodes</c>, and a heading of <c>docs/findings.md</c>.
/// </summary>
/// <param name="Name">The stable name: lower case, words joined by hyphens.</param>
/// <param name="Severity">How bad it is; the same wherever the code occurs.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Meaning">One line, without the values of the case.</param>
public sealed record FindingCode(string Name, Severity Severity, FindingSource Source, string Meaning)
{
    /// <summary>A finding of this kind.</summary>
    /// <param name="about">The object.</param>
    /// <param name="field">The field in Kubernetes' notation; empty if it is about the whole object.</param>
    /// <param name="message">What is wrong, with the value.</param>
    /// <param name="remedy">What to type.</param>
    /// <param name="place">Where the object was written.</param>
    public Finding On(ObjectRef about, string field, string message, string remedy, SourcePlace? place) =>
        new(Name, Severity, Source, about, field, message, remedy, place);

    internal static FindingCode Error(string name, string meaning) => new(name, Severity.Error, FindingSource.Elsewhere, meaning);

    internal static FindingCode Warning(string name, string meaning) => new(name, Severity.Warning, FindingSource.Elsewhere, meaning);

    internal static FindingCode Info(string name, string meaning) => new(name, Severity.Info, FindingSource.Elsewhere, meaning);
}
