using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// Two words of an Alias are booleans to YAML 1.1, which kubectl and the API server read: the key <c>on</c> of <c>retries</c> arrives as <c>true</c>, and
/// <c>bodies: Off</c> as <c>false</c>. Both can mean one thing only, so they are taken as written.
/// </summary>
internal static class AliasWords
{
    /// <summary>Puts the words back; anything else stays for the decoder to judge.</summary>
    public static void Restore(Node root)
    {
        if (root["spec"]?["http"] is not { Kind: NodeKind.Map } http)
            return;
        if (http["retries"] is { Kind: NodeKind.Map } retries && retries["true"] is { } conditions && !retries.Has("on"))
        {
            retries.Remove("true");
            retries.Set("on", conditions);
        }

        if (http["rewrite"] is { Kind: NodeKind.Map } rewrite && rewrite["bodies"] is { Kind: NodeKind.Bool, Text: "false" } off)
            rewrite.Set("bodies", Node.String("Off", off.Line));
    }
}
