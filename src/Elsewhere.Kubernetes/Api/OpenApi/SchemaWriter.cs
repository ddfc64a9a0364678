using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using static Elsewhere.Kubernetes.Api.OpenApi.JsonTree;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>Which document a schema is written for; they differ in how one schema refers to another.</summary>
internal enum OpenApiForm
{
    /// <summary>Swagger 2.0: <c>#/definitions/...</c></summary>
    V2,

    /// <summary>OpenAPI 3.0: <c>#/components/schemas/...</c>, wrapped so that a description may stand beside it.</summary>
    V3,

    /// <summary>Inside a CustomResourceDefinition: nothing is referred to, everything is written out.</summary>
    Structural,
}

/// <summary>Types to JSON schemas, with the marks that kubectl merges and explains by.</summary>
internal static class SchemaWriter
{
    /// <summary>The schema of a structure.</summary>
    /// <param name="type">The structure.</param>
    /// <param name="kind">The kind that it is the root of, or null.</param>
    /// <param name="form">Which document it is for.</param>
    /// <param name="builtIn">Whether it belongs to Kubernetes, whose lists strategic merge patch knows.</param>
    public static Node Structure(StructType type, ApiKind? kind, OpenApiForm form, bool builtIn)
    {
        var properties = Node.Map(0, type.Fields.Count);
        foreach (var field in type.Fields.OrderBy(static field => field.Name, StringComparer.Ordinal))
            properties.Set(field.Name, Property(type, field, form, builtIn));
        var required = FieldTexts.RequiredOf(type.Name).Where(name => type.IndexOf(name) >= 0).ToList();
        return Map(
            ("description", Text(FieldTexts.Of(type.Name))),
            ("properties", properties.Entries.Count == 0 ? null : properties),
            ("required", required.Count == 0 ? null : Node.List(required)),
            ("type", Node.String("object")),
            ("x-kubernetes-group-version-kind", kind is null ? null : List(GroupVersionKind(kind))),
            ("x-kubernetes-map-type", type.Atomic ? Node.String("atomic") : null));
    }

    /// <summary>The schema of a list of a kind's objects.</summary>
    public static Node ListOf(ApiKind kind, OpenApiForm form) => Map(
        ("description", Node.String($"A list of {kind.Kind} objects.")),
        ("properties", Map(
            ("apiVersion", Map(("description", Text(FieldTexts.Of("*", "apiVersion"))), ("type", Node.String("string")))),
            ("items", Map(("description", Node.String("The objects.")), ("items", Reference(TypeNames.Of(kind.Schema), form)), ("type", Node.String("array")))),
            ("kind", Map(("description", Text(FieldTexts.Of("*", "kind"))), ("type", Node.String("string")))),
            ("metadata", Described(Reference(TypeNames.ListMeta, form), "What is known of the list.")))),
        ("required", Node.List(["items"])),
        ("type", Node.String("object")),
        ("x-kubernetes-group-version-kind", List(Map(
            ("group", Node.String(kind.Group)), ("kind", Node.String(kind.Kind + "List")), ("version", Node.String(kind.Version))))));

    /// <summary>The types that are no structures of fields, by name.</summary>
    public static IEnumerable<(string Name, Node Schema)> Others(OpenApiForm form)
    {
        yield return (TypeNames.FieldsV1, Map(("description", Node.String("A set of fields, as server-side apply keeps it.")), ("type", Node.String("object"))));
        yield return (TypeNames.ListMeta, Map(
            ("description", Node.String("What is known of a list.")),
            ("properties", Map(
                ("continue", Described(Of("string"), "Where the next part of the list begins; given back with the next request.")),
                ("remainingItemCount", Described(Of("integer", "int64"), "How many objects are still to come.")),
                ("resourceVersion", Described(Of("string"), "The state that the list shows; a watch goes on from it.")),
                ("selfLink", Described(Of("string"), "Not filled in any more.")))),
            ("type", Node.String("object"))));
        yield return (TypeNames.MicroTime, Described(Of("string", "date-time"), "A point in time, RFC 3339, with microseconds."));
        yield return (TypeNames.Time, Described(Of("string", "date-time"), "A point in time, RFC 3339."));
        yield return (TypeNames.IntOrString, form == OpenApiForm.V2
            ? Described(Of("string", "int-or-string"), "A number or a name.")
            : Map(
                ("description", Node.String("A number or a name.")),
                ("format", Node.String("int-or-string")),
                ("oneOf", List(Of("integer"), Of("string")))));
    }

    /// <summary>How other schemas and operations refer to one.</summary>
    public static Node Reference(string name, OpenApiForm form) => form == OpenApiForm.V2
        ? Map(("$ref", Node.String("#/definitions/" + name)))
        : Map(("allOf", List(Map(("$ref", Node.String("#/components/schemas/" + name))))), ("default", Node.Map()));

    /// <summary>A kind as operations and schemas name it.</summary>
    public static Node GroupVersionKind(ApiKind kind) =>
        Map(("group", Node.String(kind.Group)), ("kind", Node.String(kind.Kind)), ("version", Node.String(kind.Version)));

    private static Node Property(StructType type, Field field, OpenApiForm form, bool builtIn)
    {
        if (form == OpenApiForm.Structural && field.Name == "metadata")
            return Of("object");
        var schema = Value(field.Type, form, builtIn);
        if (FieldTexts.EnumOf(type.Name, field.Name) is { Count: > 0 } words)
            schema.Set("enum", Node.List(words));
        if (field.Type is ListType list)
            Merging(schema, list, form, builtIn);
        else if (field.Type is MapType { Atomic: true })
            schema.Set("x-kubernetes-map-type", Node.String("atomic"));
        return Described(schema, FieldTexts.Of(type.Name, field.Name));
    }

    private static void Merging(Node schema, ListType list, OpenApiForm form, bool builtIn)
    {
        schema.Set("x-kubernetes-list-type", Node.String(list.Kind switch
        {
            ListKind.Atomic => "atomic",
            ListKind.Set => "set",
            ListKind.Map => "map",
        }));
        if (list.Kind == ListKind.Map)
            schema.Set("x-kubernetes-list-map-keys", Node.List(list.Keys));
        if (!builtIn || form == OpenApiForm.Structural || list.Kind == ListKind.Atomic)
            return;
        if (list.Kind == ListKind.Map)
            schema.Set("x-kubernetes-patch-merge-key", Node.String(list.Keys[0]));
        schema.Set("x-kubernetes-patch-strategy", Node.String("merge"));
    }

    private static Node Value(FieldType type, OpenApiForm form, bool builtIn) => type switch
    {
        StructType structure => form == OpenApiForm.Structural ? Structure(structure, null, form, builtIn) : Reference(TypeNames.Of(structure), form),
        ListType list => Map(("items", Value(list.Item, form, builtIn)), ("type", Node.String("array"))),
        MapType map => Map(("additionalProperties", Value(map.Value, form, builtIn)), ("type", Node.String("object"))),
        BoolType => Of("boolean"),
        IntType number => Of("integer", $"int{number.Bits}"),
        BytesType => Of("string", "byte"),
        TimeType time when form != OpenApiForm.Structural => Reference(time.Micro ? TypeNames.MicroTime : TypeNames.Time, form),
        TimeType => Of("string", "date-time"),
        IntOrStringType when form != OpenApiForm.Structural => Reference(TypeNames.IntOrString, form),
        IntOrStringType => Map(("x-kubernetes-int-or-string", Node.Bool(true))),
        RawType when form != OpenApiForm.Structural && builtIn => Reference(TypeNames.FieldsV1, form),
        RawType => Map(("type", Node.String("object")), ("x-kubernetes-preserve-unknown-fields", Node.Bool(true))),
        _ => Of("string"),
    };

    private static Node Of(string type, string? format = null) => Map(("format", Text(format)), ("type", Node.String(type)));

    private static Node Described(Node schema, string text)
    {
        if (text.Length > 0)
            schema.Entries.Insert(0, new("description", Node.String(text)));
        return schema;
    }
}
