namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>Why a text could not be read.</summary>
internal enum TextFault
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>Not YAML, not JSON.</summary>
    Malformed,

    /// <summary>More nesting than <see cref="ReadLimits.Depth"/>.</summary>
    TooDeep,

    /// <summary>References that multiply beyond <see cref="ReadLimits.AliasNodes"/>.</summary>
    TooManyAliases,

    /// <summary>Longer than <see cref="ReadLimits.DocumentBytes"/>.</summary>
    TooLong,
}

/// <summary>What a manifest may be at most; beyond each there is a finding of its own.</summary>
internal static class ReadLimits
{
    /// <summary>Nested lists and maps.</summary>
    public const int Depth = 100;

    /// <summary>Nodes that stand in a document only through references to anchors.</summary>
    public const int AliasNodes = 100_000;

    /// <summary>One document, in bytes: the API server's limit of a request.</summary>
    public const int DocumentBytes = 3 * 1024 * 1024;

    /// <summary>One file, in bytes.</summary>
    public const int FileBytes = 100_000_000;
}

/// <summary>One document of a manifest, as a tree; or why there is none.</summary>
/// <param name="Number">From 1; documents without content do not count.</param>
/// <param name="Line">The line of its first token, from 1.</param>
/// <param name="Root">The tree; null only together with a fault.</param>
/// <param name="Fault">The kind of fault.</param>
/// <param name="Message">The fault in the reader's words, without its line.</param>
/// <param name="FaultLine">The line of the fault, from 1; 0 where unknown.</param>
/// <param name="ShownLine">The line that the server's reader would name for the fault; 0 for none.</param>
/// <param name="Duplicates">Repeated keys: strict decoding refuses them, otherwise the last one wins.</param>
internal sealed record YamlDocument(
    int Number,
    int Line,
    Node? Root,
    TextFault Fault,
    string Message,
    int FaultLine,
    int ShownLine,
    IReadOnlyList<DuplicateKey> Duplicates)
{
    /// <summary>The text, where it could not be read; otherwise empty.</summary>
    public string Text { get; init; } = "";
}

/// <summary>A key that a map has already.</summary>
/// <param name="Line">The line of the later value.</param>
/// <param name="Message">In the words of the server's YAML reader.</param>
internal sealed record DuplicateKey(int Line, string Message);
