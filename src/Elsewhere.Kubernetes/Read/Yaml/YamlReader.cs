using System.Buffers;
using System.Text;

namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>
/// Text to trees. Documents are parted at <c>---</c> lines before anything is parsed, as kubectl does, so that a broken document costs only itself.
/// </summary>
internal static class YamlReader
{
    // YAML 1.1, production 1: c-printable.
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(c => c is not ('\t' or '\n' or '\r')).Concat(Enumerable.Range(0x7f, 0x21)).Append(0xfffe).Append(0xffff)
            .Where(c => c != 0x85).Select(c => (char)c)]);

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
            documents.Add(new(documents.Count + 1, line, null, TextFault.TooLong, $"the document is longer than {ReadLimits.DocumentBytes} bytes", line, 0, []) { Text = text });
            return;
        }

        var control = text.AsSpan().IndexOfAny(Controls);
        if (control >= 0)
        {
            documents.Add(new(documents.Count + 1, line, null, TextFault.Malformed, "control characters are not allowed", line + text.AsSpan(0, control).Count('\n'), 0, []) { Text = text });
            return;
        }

        var composer = new YamlComposer(text, line);
        try
        {
            while (composer.TryNext(out var root, out var first))
            {
                documents.Add(new(documents.Count + 1, first, root, TextFault.None, "", 0, 0, composer.TakeDuplicates()));
                if (onlyFirst)
                    return;
            }
        }
        catch (YamlFaultException fault)
        {
            documents.Add(new(documents.Count + 1, line, null, fault.Fault, fault.Message, fault.Line, fault.Shown > 0 ? fault.Shown + line - 1 : 0, []) { Text = text });
        }
    }

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
