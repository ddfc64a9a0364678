using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>A tree as YAML in the API server's style: keys sorted, lists not indented, text in quotes only where it would be read as something else.</summary>
internal static class YamlText
{
    /// <summary>The document, with a line end behind it.</summary>
    public static string Of(Node tree)
    {
        var text = new StringBuilder();
        Write(text, tree, 0, false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Node node, int indent, bool started)
    {
        switch (node)
        {
            case { Kind: NodeKind.Map, Entries.Count: > 0 }:
                foreach (var (key, value) in node.Entries.OrderBy(static e => e.Key, StringComparer.Ordinal))
                {
                    Indent(text, started ? 0 : indent).Append(Scalar(key, indent)).Append(':');
                    started = false;
                    Child(text, value, indent, value.Kind == NodeKind.List ? indent : indent + 2);
                }

                break;
            case { Kind: NodeKind.List, Items.Count: > 0 }:
                foreach (var item in node.Items)
                {
                    Indent(text, indent).Append('-');
                    if (item is { Kind: NodeKind.Map, Entries.Count: > 0 })
                    {
                        text.Append(' ');
                        Write(text, item, indent + 2, true);
                    }
                    else
                    {
                        Child(text, item, indent, indent + 2);
                    }
                }

                break;
            default:
                text.Append(Leaf(node, indent)).Append('\n');
                break;
        }
    }

    private static void Child(StringBuilder text, Node value, int indent, int inner)
    {
        if (value is { Kind: NodeKind.Map, Entries.Count: > 0 } or { Kind: NodeKind.List, Items.Count: > 0 })
        {
            text.Append('\n');
            Write(text, value, inner, false);
        }
        else
        {
            text.Append(' ').Append(Leaf(value, indent)).Append('\n');
        }
    }

    private static string Leaf(Node node, int indent) => node.Kind switch
    {
        NodeKind.Map => "{}",
        NodeKind.List => "[]",
        NodeKind.String => Scalar(node.Text, indent),
        NodeKind.Null => "null",
        NodeKind.Bool or NodeKind.Number => node.Text,
    };

    private static string Scalar(string value, int indent)
    {
        if (value.Contains('\n', StringComparison.Ordinal) && value[0] is not (' ' or '\n') && value.All(static c => c is '\n' or '\t' or >= ' ' and not ('\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff')))
        {
            var lines = value.Split('\n');
            var keep = value.EndsWith("\n\n", StringComparison.Ordinal) ? "+" : value.EndsWith('\n') ? "" : "-";
            var block = new StringBuilder("|").Append(keep);
            foreach (var line in value.EndsWith('\n') ? lines[..^1] : lines)
                block.Append('\n').Append(' ', line.Length > 0 ? indent + 2 : 0).Append(line);
            return block.ToString();
        }

        // Whatever reads back as the same text needs no quotes.
        return value.Length > 0 && value.Trim().Length == value.Length && value.All(static c => c is >= ' ' and < '\u007f')
            && value[0] is not ('-' or '?' or '"' or '\'') && YamlReader.ReadFirst("- " + value + "\n")?.Root is { Items: [{ Kind: NodeKind.String } read] } && read.Text == value
            ? value
            : Quoted(value);
    }

    private static string Quoted(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                < ' ' or '\u007f' or '\u0085' or '\u00a0' or '\u2028' or '\u2029' or '\ufeff' => quoted.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture)),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static StringBuilder Indent(StringBuilder text, int indent) => text.Append(' ', indent);
}
