using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>
/// A built-in object's bytes to the tree that the same object has in JSON. Fields that are unknown are passed by, as Go's decoder does; what is empty and would not be
/// written in JSON is left out. Never throws: depth is bounded by the schema.
/// </summary>
internal static class ProtobufDecoder
{
    /// <summary>Reads an object.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="raw">Its bytes, out of the envelope.</param>
    /// <param name="error">What is wrong, in Go's words; null if nothing is.</param>
    /// <returns>The object, with <c>kind</c> and <c>apiVersion</c>; null together with an error.</returns>
    public static Node? Decode(ApiKind kind, ReadOnlySpan<byte> raw, out string? error)
    {
        var root = Node.Map();
        root.Set("kind", Node.String(kind.Kind));
        root.Set("apiVersion", Node.String(kind.ApiVersion));
        error = Struct(kind.Schema, raw, root);
        return error is null ? root : null;
    }

    /// <summary>Reads a message of a type that is no kind, such as <c>DeleteOptions</c>.</summary>
    public static Node? Decode(StructType type, ReadOnlySpan<byte> raw, out string? error)
    {
        var map = Node.Map();
        error = Struct(type, raw, map);
        return error is null ? map : null;
    }

    private static string? Struct(StructType type, ReadOnlySpan<byte> bytes, Node into)
    {
        var numbers = FieldNumbers.Of(type);
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var wire))
        {
            if (FieldOf(type, numbers, number) is not { } field)
            {
                if (!reader.TrySkip(wire))
                    break;
                continue;
            }

            var expected = field.Type is BoolType or IntType ? WireType.Varint : WireType.Bytes;
            if (wire != expected)
                return $"proto: wrong wireType = {(int)wire} for field {char.ToUpperInvariant(field.Name[0])}{field.Name[1..]}";
            if (expected == WireType.Varint)
            {
                if (!reader.TryReadVarint(out var value))
                    break;
                Put(into, field, field.Type is BoolType ? Node.Bool(value != 0) : Node.Number(((IntType)field.Type).Bits == 32 ? unchecked((int)value) : unchecked((long)value)));
                continue;
            }

            if (!reader.TryReadBytes(out var content))
                break;
            if (Add(field, content, into) is { } error)
                return error;
        }

        foreach (var field in type.Fields)
        {
            if (field.Type is MapType && into[field.Name] is { } map)
                LastOfEach(map.Entries);
        }

        return reader.Error;
    }

    // Of a key that comes again the last value counts; looking for it at every entry would take the square of their number.
    private static void LastOfEach(List<KeyValuePair<string, Node>> entries)
    {
        var last = new Dictionary<string, Node>(entries.Count, StringComparer.Ordinal);
        foreach (var (key, value) in entries)
            last[key] = value;
        if (last.Count < entries.Count)
        {
            entries.Clear();
            entries.AddRange(last);
        }
    }

    // Repeated fields come one by one.
    private static string? Add(Field field, ReadOnlySpan<byte> content, Node into)
    {
        switch (field.Type)
        {
            case ListType list:
                if (!into.Has(field.Name))
                    into.Set(field.Name, Node.List());
                return Value(list.Item, content, out var item) ?? Append(into[field.Name]!, item);
            case MapType map:
                if (!into.Has(field.Name))
                    into.Set(field.Name, Node.Map());
                return Entry(map, content, into[field.Name]!);
            default:
                return Value(field.Type, content, out var value) ?? Put(into, field, value);
        }
    }

    private static string? Append(Node list, Node? item)
    {
        list.Items.Add(item!);
        return null;
    }

    private static string? Put(Node into, Field field, Node? value)
    {
        var isZero = value is null || value.Kind switch
        {
            NodeKind.String => value.Text.Length == 0,
            NodeKind.Number => value.Text == "0",
            NodeKind.Bool => value.Text == "false",
            _ => false,
        };
        if (value is not null && (!isZero || field.Pointer || field.Always))
            into.Set(field.Name, value);
        return null;
    }

    private static string? Value(FieldType type, ReadOnlySpan<byte> content, out Node? value)
    {
        value = null;
        switch (type)
        {
            case StructType inner:
                value = Node.Map();
                return Struct(inner, content, value);
            case BytesType:
                value = Node.String(Convert.ToBase64String(content));
                return null;
            case TimeType time:
                return Time(content, time.Micro, out value);
            case IntOrStringType:
                return IntOrString(content, out value);
            case RawType:
                return Raw(content, out value);
            default:
                value = Node.String(Encoding.UTF8.GetString(content));
                return null;
        }
    }

    private static string? Entry(MapType map, ReadOnlySpan<byte> bytes, Node into)
    {
        var reader = new WireReader(bytes);
        var key = "";
        Node? value = null;
        while (reader.TryReadTag(out var number, out var wire))
        {
            if (number is not (1 or 2) || wire != WireType.Bytes)
            {
                if (!reader.TrySkip(wire))
                    break;
                continue;
            }

            if (!reader.TryReadBytes(out var content))
                break;
            if (number == 1)
                key = Encoding.UTF8.GetString(content);
            else if (Value(map.Value, content, out value) is { } error)
                return error;
        }

        if (reader.Error is null)
            into.Entries.Add(new(key, value ?? Node.String("")));
        return reader.Error;
    }

    // metav1.Time: seconds and nanoseconds since 1970; an empty message is no time.
    private static string? Time(ReadOnlySpan<byte> bytes, bool micro, out Node? value)
    {
        value = null;
        if (Numbers(bytes, out var seconds, out var nanos, out _) is { } error)
            return error;
        // What lies outside the years 1 to 9999 has no text in JSON, and the first moment of year 1 is no time. Nanoseconds have 32 bits in Go.
        if (bytes.IsEmpty || seconds is < -62135596800 or > 253402300799)
            return null;
        var ticks = DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond) + (unchecked((int)nanos) / TimeSpan.NanosecondsPerTick);
        if (ticks <= DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
            return null;
        var time = new DateTime(ticks, DateTimeKind.Utc);
        value = Node.String(time.ToString(micro ? "yyyy-MM-ddTHH:mm:ss.ffffffZ" : "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        return null;
    }

    private static string? IntOrString(ReadOnlySpan<byte> bytes, out Node? value)
    {
        var error = Numbers(bytes, out var kind, out var number, out var text);
        value = kind == 0 ? Node.Number(unchecked((int)number)) : Node.String(text);
        return error;
    }

    private static string? Raw(ReadOnlySpan<byte> bytes, out Node? value)
    {
        var reader = new WireReader(bytes);
        value = null;
        while (reader.TryReadTag(out var number, out var wire))
        {
            if (number != 1 || wire != WireType.Bytes)
            {
                if (!reader.TrySkip(wire))
                    break;
                continue;
            }

            if (!reader.TryReadBytes(out var json))
                break;
            var read = JsonText.Read(json);
            if (read.Root is null)
                return read.Error;
            value = read.Root;
        }

        return reader.Error;
    }

    // Three messages look alike: two numbers, and perhaps a text.
    private static string? Numbers(ReadOnlySpan<byte> bytes, out long first, out long second, out string text)
    {
        var reader = new WireReader(bytes);
        (first, second, text) = (0, 0, "");
        while (reader.TryReadTag(out var number, out var wire))
        {
            if (number is 1 or 2 && wire == WireType.Varint)
            {
                if (!reader.TryReadVarint(out var value))
                    break;
                if (number == 1)
                    first = unchecked((long)value);
                else
                    second = unchecked((long)value);
            }
            else if (number == 3 && wire == WireType.Bytes)
            {
                if (!reader.TryReadBytes(out var content))
                    break;
                text = Encoding.UTF8.GetString(content);
            }
            else if (!reader.TrySkip(wire))
            {
                break;
            }
        }

        return reader.Error;
    }

    private static Field? FieldOf(StructType type, FrozenDictionary<string, int> numbers, int number)
    {
        foreach (var field in type.Fields)
        {
            if (numbers.GetValueOrDefault(field.Name) == number)
                return field;
        }

        return null;
    }
}
