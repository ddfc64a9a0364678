using System.Globalization;

namespace Elsewhere.Kubernetes.Read;

/// <summary>Finds the line of a field by its path in Kubernetes' notation.</summary>
internal static class FieldLines
{
    /// <summary>The line of <c>spec.ports[0].name</c>, or of the nearest field around it that was written; 0 if there is none.</summary>
    public static int Find(Node root, string path)
    {
        var node = root;
        var line = 0;
        for (var at = 0; at < path.Length;)
        {
            Node? next;
            if (path[at] == '[')
            {
                var close = path.IndexOf(']', at);
                if (close < 0)
                    break;
                var key = path[(at + 1)..close];
                next = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    ? index < node.Items.Count ? node.Items[index] : null
                    : node[key];
                at = close + 1;
            }
            else
            {
                var start = path[at] == '.' ? at + 1 : at;
                var end = path.AsSpan(start).IndexOfAny('.', '[');
                end = end < 0 ? path.Length : start + end;
                next = node[path[start..end]];
                at = Math.Max(end, at + 1);
            }

            if (next is null)
                break;
            node = next;
            line = next.Line > 0 ? next.Line : line;
        }

        return line;
    }
}
