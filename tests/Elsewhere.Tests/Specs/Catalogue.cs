using System.Reflection;
using Elsewhere.Model;

namespace Elsewhere.Tests.Specs;

/// <summary>Every finding code of every assembly: the static properties of type <see cref="FindingCode"/>.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<FindingCode> OfModel { get; } = [.. CodesOf(typeof(Alias).Assembly)];

    public static IReadOnlyList<FindingCode> All { get; } = [.. Assemblies().SelectMany(CodesOf).OrderBy(c => c.Name, StringComparer.Ordinal)];

    private static IEnumerable<Assembly> Assemblies() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Select(f => Path.GetFileNameWithoutExtension(f)!)
            .Where(n => n == "elsewhere" || (n.StartsWith("Elsewhere.", StringComparison.Ordinal) && !n.EndsWith("Tests", StringComparison.Ordinal)))
            .Select(Assembly.Load);

    private static IEnumerable<FindingCode> CodesOf(Assembly assembly) =>
        assembly.GetTypes()
            .Where(t => !t.ContainsGenericParameters)
            .SelectMany(t => t.GetProperties(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(p => p.PropertyType == typeof(FindingCode) && p.GetIndexParameters().Length == 0)
            .Select(p => (FindingCode)p.GetValue(null)!);
}
