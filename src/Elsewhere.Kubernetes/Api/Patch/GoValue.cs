using System.Text;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>A JSON value as Go's <c>%v</c> prints it, which the API server writes into some of its messages: <c>map[a:1 b:[x y]]</c>.</summary>
internal static class GoValue
{
    public static string Text(Node value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Node value)
    {
        switch (value.Kind)
        {
            case NodeKind.Null:
                text.Append("<nil>");
                break;
            case NodeKind.Map:
                text.Append("map[");
                Join(text, value.Entries.OrderBy(e => e.Key, StringComparer.Ordinal), static (into, entry) =>
                {
                    into.Append(entry.Key).Append(':');
                    Write(into, entry.Value);
                });
                text.Append(']');
                break;
            case NodeKind.List:
                text.Append('[');
                Join(text, value.Items, Write);
                text.Append(']');
                break;
            default:
                text.Append(value.Text);
                break;
        }
    }

    private static void Join<T>(StringBuilder text, IEnumerable<T> parts, Action<StringBuilder, T> write)
    {
        var first = true;
        foreach (var part in parts)
        {
            if (!first)
                text.Append(' ');
            first = false;
            write(text, part);
        }
    }
}
