namespace Elsewhere.Model;

/// <summary>
/// A client of a Pod asks for <c>example.com</c> under its search list first, so for <c>example.com.svc.cluster.local</c>: Service <c>example</c> of a
/// namespace <c>com</c> would answer.
/// </summary>
internal static class NamespaceCheck
{
    public static void Run(CheckContext context, List<Finding> findings)
    {
        foreach (var name in context.Facts.Namespaces)
        {
            if (name != "svc" && !TopLevelDomains.DialledDaily.Contains(name))
                continue;
            var (example, place) = Example(context, name);
            var message = name == "svc"
                ? $"in the namespace 'svc' a Service such as '{example}' answers for '{example}.svc', which clients take for a namespace's short form"
                : $"the namespace '{name}' is named like a top-level domain: its Service '{example}' answers for '{example}.{name}' on the internet, for every "
                    + "client whose search list is tried first";
            findings.Add(FindingCodes.NamespaceShadowsDomain.On(
                new ObjectRef("v1", "Namespace", "", name), "metadata.name", message, $"Take another name, such as '{name}-services'.", place));
        }
    }

    private static (string Service, SourcePlace? Place) Example(CheckContext context, string name)
    {
        SourcePlace? place = null;
        foreach (var declared in context.Facts.View.Namespaces)
        {
            if (declared.Name == name)
                place = declared.Place;
        }

        foreach (var alias in context.Aliases)
        {
            if (alias.Key.Namespace == name)
                return (alias.Key.Name, place ?? alias.Place);
        }

        return ("example", place);
    }
}
