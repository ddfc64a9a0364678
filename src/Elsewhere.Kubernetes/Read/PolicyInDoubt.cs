using System.Text.RegularExpressions;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>
/// An AliasPolicy that cannot be accepted is not left out, which would allow what it was to forbid: it binds the namespaces that can be made out, or else all, and
/// allows nothing there.
/// </summary>
internal static partial class PolicyInDoubt
{
    /// <summary>The policy that an object was meant to be; null if it was to be something else.</summary>
    /// <param name="root">The object as parsed.</param>
    /// <param name="problem">Why it is not accepted, as the end of a sentence.</param>
    /// <param name="place">Where it was written.</param>
    public static ManifestObject? Of(Node root, string problem, SourcePlace place)
    {
        if (root.Kind != NodeKind.Map || Text(root["kind"]) != ApiKind.AliasPolicy.Kind)
            return null;
        var group = Text(root["apiVersion"]);
        if (group.Contains('/', StringComparison.Ordinal) && !group.StartsWith($"{ApiKind.AliasPolicy.Group}/", StringComparison.Ordinal))
            return null;
        return Made(Text(root["metadata"]?["name"]), Namespaces(root["spec"]?["namespaces"]), problem, place);
    }

    /// <summary>The policy that a text which is no YAML was meant to be; null if it does not look like one.</summary>
    public static ManifestObject? Of(string text, SourcePlace place) =>
        Declares().IsMatch(text) ? Made("", [], "the document cannot be read, and it seems to declare an AliasPolicy", place) : null;

    private static ManifestObject Made(string name, Seq<string> namespaces, string problem, SourcePlace place)
    {
        var about = new ObjectRef(ApiKind.AliasPolicy.ApiVersion, ApiKind.AliasPolicy.Kind, "", name);

        // Without a name it is told from others by where it stands.
        var key = new ObjectKey("", name.Length > 0 ? name : $"unnamed in {place}");
        return new ManifestObject(ApiKind.AliasPolicy.Qualified, about, key, new AliasPolicyView(key.Name, namespaces, [], place, problem), place);
    }

    // One name in doubt puts all of them in doubt.
    private static Seq<string> Namespaces(Node? list) =>
        list is { Kind: NodeKind.List, Items.Count: > 0 } && list.Items.All(static item => item.Kind == NodeKind.String && NameRules.Label(item.Text).Count == 0)
            ? list.Items.Select(static item => item.Text).ToSeq()
            : [];

    private static string Text(Node? node) => node is { Kind: NodeKind.String } ? node.Text : "";

    [GeneratedRegex("""^[^#\n]*(?<![A-Za-z0-9])kind["']?\s*:\s*["']?AliasPolicy\b""", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Declares();
}
