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
/// <param name="Micro">Whether it has exactly six digits after the second (<c>metav1.MicroTime</c>).</param>
internal sealed record TimeType(bool Micro = false) : FieldType(Micro ? "v1.MicroTime" : "v1.Time");

/// <summary>Bytes in base64.</summary>
internal sealed record BytesType() : FieldType("[]uint8");

/// <summary>Any JSON object, kept as it is (<c>metav1.FieldsV1</c>).</summary>
internal sealed record RawType() : FieldType("v1.FieldsV1");

/// <summary>How two writers' lists are brought together (the <c>listType</c> marker of the Kubernetes API).</summary>
internal enum ListKind
{
    /// <summary>One of them wins as a whole.</summary>
    Atomic,

    /// <summary>Each value is somebody's.</summary>
    Set,

    /// <summary>Each item, told apart by its keys, is somebody's.</summary>
    Map,
}

/// <summary>A list.</summary>
/// <param name="Item">What it holds.</param>
/// <param name="Kind">How it is merged by server-side apply.</param>
/// <param name="Keys">What tells items apart; the first one is also the merge key of a strategic merge patch.</param>
internal sealed record ListType(FieldType Item, ListKind Kind = ListKind.Atomic, params string[] Keys) : FieldType("[]" + Item.GoName);

/// <summary>A map from strings.</summary>
/// <param name="Value">What it holds.</param>
/// <param name="Atomic">Whether one writer's wins as a whole.</param>
internal sealed record MapType(FieldType Value, bool Atomic = false) : FieldType("map[string]" + Value.GoName);

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

    /// <summary>Whether one writer's wins as a whole (the <c>structType</c> marker of the Kubernetes API).</summary>
    public bool Atomic { get; init; }

    /// <summary>The index of a field, or -1. Case counts.</summary>
    public int IndexOf(string name) => index.GetValueOrDefault(name, -1);
}

/// <summary>A field of a structure.</summary>
/// <param name="Name">Its JSON name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Pointer">Whether nil differs from the zero value.</param>
/// <param name="Always">Whether the zero value is written too.</param>
/// <param name="Default">What stands for it in the key of a list's item that leaves it out.</param>
internal sealed record Field(string Name, FieldType Type, bool Pointer = false, bool Always = false, string? Default = null);
