namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>What a token is (YAML 1.1, chapter 5 and 9; the names are those of libyaml's family).</summary>
internal enum YamlTokenKind
{
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Line">The line it starts on, from 0.</param>
/// <param name="Text">A scalar's or an anchor's text, a tag's or a directive's suffix; else empty.</param>
/// <param name="Handle">A tag's or a directive's handle; else empty.</param>
/// <param name="Plain">Whether a scalar stands without quotes.</param>
internal readonly record struct YamlToken(YamlTokenKind Kind, int Line, string Text = "", string Handle = "", bool Plain = false);

/// <summary>A text that is no YAML, or is beyond a limit. Never leaves <see cref="YamlReader"/>.</summary>
/// <param name="fault">The kind of fault.</param>
/// <param name="message">The fault in the words of the server's reader.</param>
/// <param name="line">The line of the fault, from 1; 0 where unknown.</param>
/// <param name="shown">The line that the server's reader would name; 0 for none.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1032", Justification = "made and caught in one place")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1064", Justification = "made and caught in one place")]
internal sealed class YamlFaultException(TextFault fault, string message, int line, int shown) : Exception(message)
{
    public TextFault Fault { get; } = fault;

    public int Line { get; } = line;

    public int Shown { get; } = shown;
}
