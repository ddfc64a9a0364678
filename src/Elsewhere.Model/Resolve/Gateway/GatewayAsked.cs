namespace Elsewhere.Model;

/// <summary>Which Services ask for the gateway: by their own annotation, by that of their namespace, or all of them.</summary>
internal sealed class GatewayAsked
{
    private readonly Dictionary<string, bool> namespaces;
    private readonly bool all;

    private GatewayAsked(Dictionary<string, bool> namespaces, bool all) => (this.namespaces, this.all) = (namespaces, all);

    public static GatewayAsked Of(ClusterView view, ResolveOptions options)
    {
        var namespaces = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var declared in view.Namespaces)
        {
            if (declared.GatewayDefault is { } asked)
                namespaces[declared.Name] = asked;
        }

        return new GatewayAsked(namespaces, options.GatewayForAll);
    }

    /// <summary>Whether the gateway serves the HTTP ports of a Service: what is nearest to it decides.</summary>
    public bool For(ServiceView service)
    {
        if (!(service.Gateway ?? (namespaces.Count > 0 && namespaces.TryGetValue(service.Key.Namespace, out var asked) ? asked : all)))
            return false;

        // An address is no name that could be dialled by its own name; what else is wrong with it is a finding.
        return service.Type != ServiceType.ExternalName || ObjectMemo.Of(service).Target is not null;
    }
}
