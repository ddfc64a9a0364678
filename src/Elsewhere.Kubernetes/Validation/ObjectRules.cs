using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>What the server does with each kind between decoding and storing (K8S <c>pkg/registry/*/strategy.go</c>).</summary>
internal static class ObjectRules
{
    /// <summary>Prepares and validates a new object.</summary>
    public static ApiOutcome? PrepareCreate(ApiRequest request)
    {
        var root = request.Root;
        var errors = new FieldErrors();
        if (request.Kind == ApiKind.Service && Allocate(request, null) is { } refused)
            return refused;
        Fill(request, null);
        Validate(errors, request, null);
        // The server now looks at the metadata once more, with a weaker rule for names; nothing is left for it to find.
        if (request.Refuse(errors) is { } invalid)
            return invalid;
        if (request.Kind == ApiKind.Namespace)
            NamespaceRules.PodSecurity(errors, root, null);
        if (request.Refuse(errors) is { } insecure)
            return insecure;
        Warn(request, null);
        return null;
    }

    /// <summary>Prepares and validates an update.</summary>
    public static ApiOutcome? PrepareUpdate(ApiRequest request, Node old)
    {
        var errors = new FieldErrors();
        var before = old["metadata"]!;
        if (request.Context.Subresource.Length > 0 && (request.Kind == ApiKind.Service || request.Kind == ApiKind.Namespace))
            return PrepareSubresource(request, before);
        if (request.Kind == ApiKind.Service && Allocate(request, old) is { } refused)
            return refused;
        Fill(request, old);
        MetaRules.Create(errors, request.Metadata, request.Kind.Namespaced, MetaRules.PathSegment);
        MetaRules.Update(errors, request.Metadata, before);
        if (request.Kind == ApiKind.Namespace)
            NamespaceRules.Validate(errors, request.Root);
        if (request.Kind != ApiKind.EndpointSlice)
            MetaRules.Update(errors, request.Metadata, before);
        if (request.Kind == ApiKind.Service)
            ServiceUpdate.Compare(errors, request.Root["spec"]!, old["spec"]!);
        if (request.Kind == ApiKind.Secret || request.Kind == ApiKind.ConfigMap)
            DataRules.Compare(errors, request.Kind, request.Root, old);
        if (request.Kind != ApiKind.Namespace)
            Validate(errors, request, old);
        if (request.Refuse(errors) is { } invalid)
            return invalid;
        if (request.Kind == ApiKind.Namespace)
            NamespaceRules.PodSecurity(errors, request.Root, old);
        if (request.Refuse(errors) is { } insecure)
            return insecure;
        Warn(request, old);
        return null;
    }

    private static ApiOutcome? PrepareSubresource(ApiRequest request, Node before)
    {
        var errors = new FieldErrors();
        MetaRules.Create(errors, request.Metadata, request.Kind.Namespaced, MetaRules.PathSegment);
        MetaRules.Update(errors, request.Metadata, before);
        MetaRules.Update(errors, request.Metadata, before);
        if (request.Context.Subresource == "finalize")
            NamespaceRules.Finalizers(errors, request.Root);
        else if (request.Kind == ApiKind.Namespace)
            NamespaceRules.Phase(errors, request.Root);
        else
            BalancerStatus.Validate(errors, request.Root);
        if (request.Refuse(errors) is { } invalid)
            return invalid;
        if (request.Kind == ApiKind.Service)
            BalancerStatus.Warn(request.Warnings, request.Root);
        return null;
    }

    private static ApiOutcome? Allocate(ApiRequest request, Node? old)
    {
        var spec = request.Root["spec"]!;
        var before = old?["spec"];
        var errors = new FieldErrors();
        var allocation = new ServiceAllocation(request.Context);
        if (before is not null)
            ServiceUpdate.TakeOver(spec, before);
        ServiceFamilies.Normalize(spec, before);
        ServiceFamilies.Initialize(errors, spec, before, allocation.Families);
        if (!errors.Any)
            allocation.Addresses(errors, spec, before);
        if (errors.Any)
            return request.Refuse(errors);
        if (allocation.NodePorts(errors, spec, before) is { } failure)
        {
            return failure.StartsWith(ServiceAllocation.InternalPrefix, StringComparison.Ordinal)
                ? request.Failed(500, "InternalError", failure, [new("", "", failure[ServiceAllocation.InternalPrefix.Length..])])
                : request.Failed(500, "", failure);
        }

        if (errors.Any)
            return request.Refuse(errors);
        if (before is not null)
            ServiceUpdate.Drop(spec, before);
        return null;
    }

    // What a client may not set; what it need not.
    private static void Fill(ApiRequest request, Node? old)
    {
        var root = request.Root;
        if (request.Kind == ApiKind.Service)
        {
            root.Set("status", old?["status"] ?? Decoder.Zero(Schemas.Service.Fields[^1].Type));
        }
        else if (request.Kind == ApiKind.EndpointSlice)
        {
            foreach (var endpoint in root.ListOf("endpoints"))
                endpoint.Remove("deprecatedTopology");
            var generation = old?["metadata"]!.Int("generation") ?? 0;
            if (old is null || Differs(root, old))
                generation++;
            request.Metadata.Set("generation", Node.Number(generation));
        }
        else if (request.Kind == ApiKind.Lease)
        {
            LeaseRules.Drop(root, old);
        }
        else if (request.Kind == ApiKind.Namespace)
        {
            Namespace(root, old);
            Defaults.Apply(request.Kind, root);
        }
    }

    private static void Namespace(Node root, Node? old)
    {
        if (old is not null)
        {
            root.Set("spec", old["spec"]!);
            root.Set("status", old["status"]!);
            return;
        }

        var finalizers = root["spec"]!.Strings("finalizers");
        if (!finalizers.Contains("kubernetes"))
            finalizers.Add("kubernetes");
        root["spec"]!.Set("finalizers", Node.List(finalizers));
        var status = Node.Map();
        status.Set("phase", Node.String("Active"));
        root.Set("status", status);
    }

    private static bool Differs(Node root, Node old)
    {
        if (!Node.Same(root["metadata"]!["labels"], old["metadata"]!["labels"]))
            return true;
        foreach (var field in (ReadOnlySpan<string>)["addressType", "endpoints", "ports"])
        {
            var (now, before) = (root[field], old[field]);
            if (!Node.Same(now, before) && (now?.Items.Count > 0 || before?.Items.Count > 0 || now?.Text != before?.Text))
                return true;
        }

        return false;
    }

    private static void Validate(FieldErrors errors, ApiRequest request, Node? old)
    {
        var (kind, root) = (request.Kind, request.Root);
        if (kind == ApiKind.Service)
            ServiceRules.Validate(errors, root, old);
        else if (kind == ApiKind.Endpoints)
            EndpointsRules.Validate(errors, root, old);
        else if (kind == ApiKind.EndpointSlice)
            EndpointSliceRules.Validate(errors, root, old);
        else if (kind == ApiKind.Namespace)
            NamespaceRules.Validate(errors, root);
        else if (kind == ApiKind.Secret)
            DataRules.Secret(errors, root);
        else if (kind == ApiKind.ConfigMap)
            DataRules.ConfigMap(errors, root);
        else if (kind == ApiKind.Event || kind == ApiKind.EventsEvent)
            EventRules.Validate(errors, kind, root, old);
        else if (kind == ApiKind.Lease)
            LeaseRules.Validate(errors, root, old);
        else if (kind == ApiKind.Alias)
            AliasRules.Validate(errors, root);
        else if (kind == ApiKind.AliasPolicy)
            AliasPolicyRules.Validate(errors, root);
        else
            MetaRules.Create(errors, root["metadata"]!, kind.Namespaced, NameRules.Subdomain);
    }

    private static void Warn(ApiRequest request, Node? old)
    {
        var root = request.Root;
        if (request.Kind == ApiKind.Service)
            ServiceWarnings.Warn(request.Warnings, root);
        else if (request.Kind == ApiKind.Endpoints)
            EndpointsRules.Warn(request.Warnings, root);
        else if (request.Kind == ApiKind.EndpointSlice)
            EndpointSliceRules.Warn(request.Warnings, root, old is null);
        else if (request.Kind == ApiKind.Alias || request.Kind == ApiKind.AliasPolicy)
            MetaRules.WarnOfFinalizers(request.Warnings, request.Metadata, old);
    }
}
