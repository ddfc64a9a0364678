using System.Collections.Frozen;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>A type of the API, with the name that Go's decoder gives it in its messages.</summary>
internal abstract record FieldType(string GoName);

/// <summary>A string, possibly of a named type.</summary>
internal sealed record StringType(string GoName = "string") : FieldType(GoName);

/// <summary>A boolean.</summary>
internal sealed record BoolType() : FieldType("bool");

/// <summary>A whole number.</summary>
internal sealed record IntType(int Bits) : FieldType($"int{Bits}");

/// <summary>A number or the name of one (<c>intstr.IntOrString</c>).</summary>
internal sealed record IntOrStringType() : FieldType("int32");

/// <summary>A point in time, RFC 3339.</summary>
internal sealed record TimeType() : FieldType("v1.Time");

/// <summary>Bytes in base64.</summary>
internal sealed record BytesType() : FieldType("[]uint8");

/// <summary>Any JSON object, kept as it is (<c>metav1.FieldsV1</c>).</summary>
internal sealed record RawType() : FieldType("v1.FieldsV1");

/// <summary>A list.</summary>
internal sealed record ListType(FieldType Item) : FieldType("[]" + Item.GoName);

/// <summary>A map from strings.</summary>
internal sealed record MapType(FieldType Value) : FieldType("map[string]" + Value.GoName);

/// <summary>A structure of named fields.</summary>
internal sealed record StructType : FieldType
{
    private readonly FrozenDictionary<string, int> index;

    public StructType(string name, params Field[] fields)
        : base("v1." + name)
    {
        Name = name;
        Fields = fields;
        index = fields.Select((f, i) => (f.Name, i)).ToFrozenDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
    }

    /// <summary>The name without its package.</summary>
    public string Name { get; }

    /// <summary>The fields in the order in which the server writes them.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>The index of a field, or -1. Case counts.</summary>
    public int IndexOf(string name) => index.GetValueOrDefault(name, -1);
}

/// <summary>A field of a structure.</summary>
/// <param name="Name">Its JSON name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Pointer">Whether nil differs from the zero value.</param>
/// <param name="Always">Whether the zero value is written too.</param>
internal sealed record Field(string Name, FieldType Type, bool Pointer = false, bool Always = false);
