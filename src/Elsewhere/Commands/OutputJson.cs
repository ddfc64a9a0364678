using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Elsewhere.Commands;

/// <summary>What commands write with <c>-o json</c>.</summary>
[JsonSerializable(typeof(IReadOnlyList<FindingJson>))]
[JsonSerializable(typeof(ExplainJson))]
[JsonSerializable(typeof(IReadOnlyList<ExplainJson>))]
[JsonSerializable(typeof(DemoJson))]
[JsonSerializable(typeof(StartedEvent))]
[JsonSerializable(typeof(ChangedEvent))]
[JsonSerializable(typeof(StoppedEvent))]
[JsonSerializable(typeof(IReadOnlyList<CaJson>))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    // The output goes to a terminal or a program, not into a web page: a quote may stay a quote.
    private static readonly OutputJson readable = new(Settings(indented: true)), line = new(Settings(indented: false));

    /// <summary>Writes a value and a line feed.</summary>
    internal static void Write<T>(TextWriter writer, T value) =>
        writer.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)readable.GetTypeInfo(typeof(T))!));

    /// <summary>Writes a value on one line.</summary>
    internal static void WriteLine<T>(TextWriter writer, T value) =>
        writer.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)line.GetTypeInfo(typeof(T))!));

    private static JsonSerializerOptions Settings(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
