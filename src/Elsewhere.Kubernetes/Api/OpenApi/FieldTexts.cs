using System.Collections.Frozen;
using System.Reflection;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>
/// What types and fields mean, for <c>kubectl explain</c>; which must be given, which take certain words only. Kept as text in <c>fields.txt</c>: one line for each,
/// <c>Type</c> or <c>Type.field</c>, then perhaps <c>!</c> (must be given) and <c>[words]</c>, then the meaning. <c>*</c> stands for every type.
/// </summary>
internal static class FieldTexts
{
    private sealed record Entry(string Text, bool Required, IReadOnlyList<string> Words);

    private static readonly FrozenDictionary<string, Entry> Entries = Read();

    private static readonly FrozenDictionary<string, string[]> Required = Entries
        .Where(static e => e.Value.Required)
        .GroupBy(static e => e.Key.Split('.')[0])
        .ToFrozenDictionary(static g => g.Key, static g => g.Select(static e => e.Key.Split('.')[1]).Order(StringComparer.Ordinal).ToArray());

    /// <summary>What a type is; empty where nothing is written.</summary>
    public static string Of(string type) => Entries.GetValueOrDefault(type)?.Text ?? "";

    /// <summary>What a field means; empty where nothing is written.</summary>
    public static string Of(string type, string field) => Find(type, field)?.Text ?? "";

    /// <summary>The words that a field takes; empty where it takes any.</summary>
    public static IReadOnlyList<string> EnumOf(string type, string field) => Find(type, field)?.Words ?? [];

    /// <summary>The fields that must be given, sorted.</summary>
    public static IReadOnlyList<string> RequiredOf(string type) => Required.GetValueOrDefault(type, []);

    /// <summary>Every type and field that a meaning is written for.</summary>
    public static IEnumerable<string> All => Entries.Keys;

    private static Entry? Find(string type, string field) => Entries.GetValueOrDefault($"{type}.{field}") ?? Entries.GetValueOrDefault($"*.{field}");

    private static FrozenDictionary<string, Entry> Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Elsewhere.Kubernetes.fields.txt")!;
        using var reader = new StreamReader(stream);
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var (name, rest) = Split(line, ' ');
            var required = rest.StartsWith("! ", StringComparison.Ordinal);
            if (required)
                rest = rest[2..];
            string[] words = [];
            if (rest.StartsWith('['))
            {
                (var list, rest) = Split(rest[1..], ']');
                words = list.Split(' ');
            }

            entries.Add(name, new(rest.Trim(), required, words));
        }

        return entries.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static (string Left, string Right) Split(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return (text[..index], text[(index + 1)..]);
    }
}
