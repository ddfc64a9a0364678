using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Fields that an object must have, all of them (apimachinery <c>pkg/fields/selector.go</c>).</summary>
internal sealed class FieldSelector
{
    private static readonly string[] EventFields =
    [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ];

    private readonly List<(string Field, string Value, bool Equal)> terms = [];

    /// <summary>Whether it asks for nothing.</summary>
    public bool IsEmpty => terms.Count == 0;

    /// <summary>The one object that it asks for by name, or null.</summary>
    public string? Name => terms.FirstOrDefault(static t => t is { Field: "metadata.name", Equal: true }).Value;

    /// <summary>The one namespace that it asks for, or null.</summary>
    public string? Namespace => terms.FirstOrDefault(static t => t is { Field: "metadata.namespace", Equal: true }).Value;

    /// <summary>Reads a selector. Terms are read in the order of the alphabet: so are complaints.</summary>
    /// <exception cref="Problem">400.</exception>
    public static FieldSelector Parse(string text)
    {
        var selector = new FieldSelector();
        foreach (var term in Split(text).Order(StringComparer.Ordinal))
        {
            var at = FindOperator(term, out var length, out var equal);
            if (at < 0)
                throw Problem.BadRequest($"invalid selector: '{text}'; can't understand '{term}'");
            selector.terms.Add((term[..at], Unescape(term[(at + length)..]), equal));
        }

        return selector;
    }

    /// <summary>Checks that objects of a kind can be selected by its fields, and calls these by the names that objects are stored with.</summary>
    /// <exception cref="Problem">400.</exception>
    public void Check(ApiKind kind)
    {
        for (var i = 0; i < terms.Count; i++)
        {
            var field = terms[i].Field;
            if (!IsKnown(kind, ref field))
            {
                throw Problem.BadRequest(kind == ApiKind.EndpointSlice || kind == ApiKind.Endpoints || kind == ApiKind.ConfigMap || kind == ApiKind.Lease
                    ? $"{GoText.Quote(field)} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : $"field label not supported: {field}");
            }

            terms[i] = terms[i] with { Field = field };
        }
    }

    /// <summary>Whether an object meets it.</summary>
    public bool Matches(Node tree)
    {
        foreach (var (field, value, equal) in terms)
        {
            if ((ValueOf(tree, field) == value) != equal)
                return false;
        }

        return true;
    }

    private static string ValueOf(Node tree, string field)
    {
        if (field == "source")
            return tree["source"]?.Str("component") is { Length: > 0 } component ? component : tree.Str("reportingComponent");
        Node? node = tree;
        foreach (var part in field.Split('.'))
            node = node?[part];
        return node?.Text ?? "";
    }

    private static bool IsKnown(ApiKind kind, ref string field)
    {
        if (field is "metadata.name" or "metadata.namespace")
            return true;
        if (kind == ApiKind.Namespace && field is "name")
        {
            field = "metadata.name";
            return true;
        }

        // The newer form of events has other names for the same fields.
        if (kind == ApiKind.EventsEvent)
        {
            field = field switch
            {
                "reportingController" => "reportingComponent",
                _ when field.StartsWith("regarding.", StringComparison.Ordinal) => "involvedObject." + field["regarding.".Length..],
                _ => field,
            };
        }

        return kind.Kind switch
        {
            "Service" => field is "spec.clusterIP" or "spec.type",
            "Namespace" => field is "status.phase",
            "Secret" => field is "type",
            "Event" => EventFields.Contains(field),
            _ => false,
        };
    }

    private static int FindOperator(string term, out int length, out bool equal)
    {
        for (var i = 0; i < term.Length; i++)
        {
            (length, equal) = term.AsSpan(i) switch
            {
                ['!', '=', ..] => (2, false),
                ['=', '=', ..] => (2, true),
                ['=', ..] => (1, true),
                _ => (0, false),
            };
            if (length > 0)
                return i;
        }

        (length, equal) = (0, false);
        return -1;
    }

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i + 1 < text.Length && text[i] == '\\')
            {
                i++;
                continue;
            }

            if (i < text.Length && text[i] != ',')
                continue;
            if (i > start)
                yield return text[start..Math.Min(i, text.Length)];
            start = i + 1;
        }
    }

    private static string Unescape(string value)
    {
        if (!value.AsSpan().ContainsAny('\\', '='))
            return value;
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '=')
                throw Problem.BadRequest("invalid field selector: unescaped character in value: 61");
            if (value[i] == '\\' && (++i == value.Length || value[i] is not ('\\' or ',' or '=')))
                throw Problem.BadRequest($"invalid field selector: invalid escape sequence: \\{value[i..Math.Min(i + 1, value.Length)]}");
            text.Append(value[i]);
        }

        return text.ToString();
    }
}
