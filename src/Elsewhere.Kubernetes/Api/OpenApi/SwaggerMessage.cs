using System.Buffers;
using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>
/// A Swagger 2.0 document as protobuf (<c>openapi.v2.Document</c> of google/gnostic, <c>OpenAPIv2.proto</c>): kubectl before 1.27 understands nothing else. Written is
/// what it reads: definitions, and the parameters of operations.
/// </summary>
internal static class SwaggerMessage
{
    private static readonly (string Method, int Field)[] Methods = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)];

    /// <summary>The message.</summary>
    public static byte[] Write(Node document)
    {
        var output = new ArrayBufferWriter<byte>();
        Text(output, 1, document.Str("swagger"));
        Message(output, 2, document["info"]!, static (info, o) =>
        {
            Text(o, 1, info.Str("title"));
            Text(o, 2, info.Str("version"));
        });
        Message(output, 8, document["paths"]!, static (paths, o) => Named(o, 2, paths, PathItem));
        Message(output, 9, document["definitions"]!, static (definitions, o) => Named(o, 1, definitions, Schema));
        return output.WrittenSpan.ToArray();
    }

    private static void PathItem(Node item, ArrayBufferWriter<byte> output)
    {
        foreach (var (method, field) in Methods)
        {
            if (item[method] is { } operation)
                Message(output, field, operation, Operation);
        }
    }

    private static void Operation(Node operation, ArrayBufferWriter<byte> output)
    {
        Text(output, 3, operation.Str("description"));
        Text(output, 5, operation.Str("operationId"));
        foreach (var type in operation.Strings("produces"))
            Text(output, 6, type);
        foreach (var type in operation.Strings("consumes"))
            Text(output, 7, type);
        foreach (var parameter in operation.ListOf("parameters"))
            Message(output, 8, parameter, static (p, item) => Message(item, 1, p, Parameter));
        Extensions(operation, 13, output);
    }

    // ParametersItem -> Parameter -> BodyParameter, or NonBodyParameter -> QueryParameterSubSchema.
    private static void Parameter(Node parameter, ArrayBufferWriter<byte> output)
    {
        if (parameter.Str("in") == "body")
        {
            Message(output, 1, parameter, static (p, o) =>
            {
                Text(o, 2, p.Str("name"));
                Text(o, 3, "body");
                WireWriter.Number(o, 4, 1);
                Message(o, 5, p["schema"]!, Schema);
            });
            return;
        }

        Message(output, 2, parameter, static (p, o) => Message(o, 3, p, static (query, sub) =>
        {
            Text(sub, 2, "query");
            Text(sub, 3, query.Str("description"));
            Text(sub, 4, query.Str("name"));
            Text(sub, 6, query.Str("type"));
            WireWriter.Number(sub, 20, 1);
        }));
    }

    private static void Schema(Node schema, ArrayBufferWriter<byte> output)
    {
        Text(output, 1, schema.Str("$ref"));
        Text(output, 2, schema.Str("format"));
        Text(output, 4, schema.Str("description"));
        foreach (var name in schema.Strings("required"))
            Text(output, 19, name);
        foreach (var word in schema.Strings("enum"))
            Message(output, 20, Node.String(word), Any);
        if (schema["additionalProperties"] is { } values)
            Message(output, 21, values, static (v, item) => Message(item, 1, v, Schema));
        if (schema.Str("type") is { Length: > 0 } type)
            Message(output, 22, Node.String(type), static (t, item) => Text(item, 1, t.Text));
        if (schema["items"] is { } items)
            Message(output, 23, items, static (i, item) => Message(item, 1, i, Schema));
        if (schema["properties"] is { } properties)
            Message(output, 25, properties, static (p, o) => Named(o, 1, p, Schema));
        Extensions(schema, 31, output);
    }

    private static void Extensions(Node node, int field, ArrayBufferWriter<byte> output)
    {
        foreach (var (name, value) in node.Entries)
        {
            if (!name.StartsWith("x-", StringComparison.Ordinal))
                continue;
            Message(output, field, value, (extension, o) =>
            {
                Text(o, 1, name);
                Message(o, 2, extension, Any);
            });
        }
    }

    // JSON is YAML.
    private static void Any(Node value, ArrayBufferWriter<byte> output) => Text(output, 2, value.ToString());

    private static void Named(ArrayBufferWriter<byte> output, int field, Node map, Action<Node, ArrayBufferWriter<byte>> write)
    {
        foreach (var (name, value) in map.Entries)
        {
            Message(output, field, value, (entry, o) =>
            {
                Text(o, 1, name);
                Message(o, 2, entry, write);
            });
        }
    }

    private static void Message(ArrayBufferWriter<byte> output, int field, Node node, Action<Node, ArrayBufferWriter<byte>> write)
    {
        var inner = new ArrayBufferWriter<byte>();
        write(node, inner);
        WireWriter.Bytes(output, field, inner.WrittenSpan);
    }

    private static void Text(ArrayBufferWriter<byte> output, int field, string text)
    {
        if (text.Length > 0)
            WireWriter.Bytes(output, field, Encoding.UTF8.GetBytes(text));
    }
}
