using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// Values of the wrong type in an object that a CustomResourceDefinition describes. The API server decodes such an object without knowing its types and has its schema say what
/// is wrong (apiextensions-apiserver <c>pkg/apiserver/validation</c>): all of it, where Go's decoder ends at the first.
/// </summary>
internal static class CustomTypes
{
    /// <summary>What is wrong; nothing about <c>metadata</c>, which is decoded.</summary>
    public static FieldErrors Check(Node root, StructType type)
    {
        var errors = new FieldErrors();
        foreach (var field in type.Fields)
        {
            if (field.Name is not ("kind" or "apiVersion" or "metadata") && root[field.Name] is { } value)
                Check(value, field.Type, FieldPath.Of(field.Name), errors);
        }

        return errors;
    }

    // Null is absence, and numbers that do not fit are the decoder's.
    private static void Check(Node node, FieldType type, FieldPath path, FieldErrors errors)
    {
        if (node.Kind == NodeKind.Null || type is RawType)
            return;
        var (given, wanted) = (TypeOf(node), TypeOf(type));
        if (given != wanted)
        {
            errors.TypeInvalid(path, given, wanted);
            return;
        }

        switch (type)
        {
            case StructType structure:
                foreach (var (name, value) in node.Entries)
                {
                    if (structure.IndexOf(name) is >= 0 and var at)
                        Check(value, structure.Fields[at].Type, path.Child(name), errors);
                }

                break;
            case ListType list:
                for (var i = 0; i < node.Items.Count; i++)
                    Check(node.Items[i], list.Item, path.At(i), errors);
                break;
        }
    }

    private static string TypeOf(FieldType type) => type switch
    {
        StructType or MapType => "object",
        ListType => "array",
        BoolType => "boolean",
        IntType => "integer",
        _ => "string",
    };

    private static string TypeOf(Node node) => node.Kind switch
    {
        NodeKind.Map => "object",
        NodeKind.List => "array",
        NodeKind.Bool => "boolean",
        NodeKind.Number => node.Text.AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
        NodeKind.String => "string",
        NodeKind.Null => "null",
    };
}
