using System.Text;
using YamlDotNet.Core;

namespace Elsewhere.Kubernetes.Read;

/// <summary>
/// Text to trees. Documents are parted at <c>---</c> lines before anything is parsed, as kubectl does, so that a broken document costs only itself.
/// </summary>
internal static class YamlReader
{
    /// <summary>Reads all documents of a text.</summary>
    public static List<YamlDocument> Read(string text)
    {
        var documents = new List<YamlDocument>();
        foreach (var (start, end, line) in Split(text))
            ReadPart(text[start..end], line, documents);
        return documents;
    }

    /// <summary>Reads the first document only, as the API server reads a request's body; null if there is no content.</summary>
    public static YamlDocument? ReadFirst(string text)
    {
        var documents = new List<YamlDocument>();
        ReadPart(text, 1, documents, onlyFirst: true);
        return documents.Count > 0 ? documents[0] : null;
    }

    private static void ReadPart(string text, int line, List<YamlDocument> documents, bool onlyFirst = false)
    {
        if (text.Length > ReadLimits.DocumentBytes || Encoding.UTF8.GetByteCount(text) > ReadLimits.DocumentBytes)
        {
            documents.Add(new(documents.Count + 1, line, null, TextFault.TooLong, $"the document is longer than {ReadLimits.DocumentBytes} bytes", line, []));
            return;
        }

        var composer = new YamlComposer(text, line);
        try
        {
            while (composer.TryNext(out var root, out var first))
            {
                documents.Add(new(documents.Count + 1, first, root, TextFault.None, "", 0, composer.TakeDuplicates()));
                if (onlyFirst)
                    return;
            }
        }
        catch (YamlFaultException fault)
        {
            documents.Add(new(documents.Count + 1, line, null, fault.Fault, fault.Message, fault.Line, []));
        }
        catch (YamlException fault)
        {
            documents.Add(new(documents.Count + 1, line, null, TextFault.Malformed, Words(fault), LineOf(fault, line), []));
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The parser breaks its own promises on some broken texts.
            documents.Add(new(documents.Count + 1, line, null, TextFault.Malformed, "unknown problem parsing YAML content", line, []));
        }
    }

    /// <summary>The parser's complaint as libyaml's family words it: without "While parsing ...," and full stop.</summary>
    private static string Words(YamlException fault)
    {
        var message = fault.Message;
        var close = message.LastIndexOf("): ", StringComparison.Ordinal);
        if (message.StartsWith('(') && close >= 0)
            message = message[(close + 3)..];
        if (message.StartsWith("While ", StringComparison.OrdinalIgnoreCase) && message.IndexOf(", ", StringComparison.Ordinal) is > 0 and var comma)
            message = message[(comma + 2)..];
        return message.TrimEnd('.');
    }

    // go-yaml counts a parser's line from 0 and a scanner's from 1; what people read in both tools should be the same.
    private static int LineOf(YamlException fault, int first) =>
        (int)fault.Start.Line + first - 1 - (fault is SemanticErrorException && fault.Start.Line > 1 ? 1 : 0);

    private static IEnumerable<(int Start, int End, int Line)> Split(string text)
    {
        var start = 0;
        var startLine = 1;
        var line = 1;
        var directives = false;
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            if (text[at] == '%' && IsBlank(text.AsSpan(start, at - start)))
                directives = true;
            if (IsSeparator(text.AsSpan(at, next - at)))
            {
                if (directives)
                {
                    directives = false;
                }
                else
                {
                    if (at > start)
                        yield return (start, at, startLine);
                    start = at;
                    startLine = line;
                }
            }

            line++;
            at = next;
        }

        if (text.Length > start)
            yield return (start, text.Length, startLine);
    }

    private static bool IsSeparator(ReadOnlySpan<char> line)
    {
        if (!line.StartsWith("---"))
            return false;
        var rest = line[3..].Trim();
        return rest.IsEmpty || (rest[0] == '#' && char.IsWhiteSpace(line[3]));
    }

    private static bool IsBlank(ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            var trimmed = line.Trim();
            if (!trimmed.IsEmpty && trimmed[0] is not ('#' or '%') && !trimmed.SequenceEqual("---") && !trimmed.SequenceEqual("..."))
                return false;
        }

        return true;
    }
}
