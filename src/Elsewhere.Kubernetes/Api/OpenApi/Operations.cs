using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Read;
using static Elsewhere.Kubernetes.Api.OpenApi.JsonTree;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>The paths of resources, and what can be done there: where kubectl learns whether the server validates fields and takes dry runs.</summary>
internal static class Operations
{
    private static readonly (string Name, string Type, string Text)[] Writing =
    [
        ("dryRun", "string", "All: everything is checked and nothing is kept."),
        ("fieldManager", "string", "Who writes: its name in metadata.managedFields."),
        ("fieldValidation", "string", "What is said about unknown and repeated fields: Ignore, Warn or Strict."),
    ];

    private static readonly (string Name, string Type, string Text)[] Listing =
    [
        ("allowWatchBookmarks", "boolean", "Whether a watch also tells how far it is when nothing changed."),
        ("continue", "string", "Where the part before ended."),
        ("fieldSelector", "string", "Only objects with these values of fields."),
        ("labelSelector", "string", "Only objects with these labels."),
        ("limit", "integer", "How many objects at most; the rest follows with continue."),
        ("resourceVersion", "string", "Which state is asked for."),
        ("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
        ("sendInitialEvents", "boolean", "Whether a watch begins with what is there."),
        ("timeoutSeconds", "integer", "When a watch ends."),
        ("watch", "boolean", "Whether changes are told as they come, instead of a list."),
    ];

    private static readonly (string Name, string Type, string Text)[] Deleting =
    [
        ("dryRun", "string", "All: everything is checked and nothing is kept."),
        ("gracePeriodSeconds", "integer", "Without effect here: nothing has to end."),
        ("orphanDependents", "boolean", "In favour of propagationPolicy."),
        ("propagationPolicy", "string", "What becomes of dependents: Background, Foreground or Orphan."),
    ];

    private static readonly string[] Bodies = ["application/json", "application/yaml"];

    private static readonly string[] Patches =
        ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];

    /// <summary>The paths of a resource with their operations.</summary>
    public static IEnumerable<(string Path, Node Item)> Of(ApiResource resource, OpenApiForm form)
    {
        var group = resource.Kind.Group;
        var root = (group.Length == 0 ? "/api/" : $"/apis/{group}/") + resource.Kind.Version;
        var home = resource.Kind.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
        if (resource.Kind.Namespaced)
            yield return ($"{root}/{resource.Plural}", Map(("get", Operation(resource, "list", "get", form, Listing, "ForAllNamespaces"))));
        yield return (home, Item(resource, form, "", ("get", "list", Listing), ("post", "create", Writing), ("delete", "deletecollection", [.. Deleting, .. Listing])));
        yield return ($"{home}/{{name}}", Item(
            resource, form, "", ("get", "get", []), ("put", "update", Writing), ("patch", "patch", [.. Writing, Force]), ("delete", "delete", Deleting)));
        foreach (var part in resource.Subresources)
        {
            yield return ($"{home}/{{name}}/{part.Name}", Item(
                resource with { Verbs = part.Verbs }, form, part.Name, ("get", "get", []), ("put", "update", Writing), ("patch", "patch", [.. Writing, Force])));
        }
    }

    private static (string Name, string Type, string Text) Force => ("force", "boolean", "Whether server-side apply takes fields away from others.");

    private static Node Item(
        ApiResource resource, OpenApiForm form, string part, params ReadOnlySpan<(string Method, string Verb, (string Name, string Type, string Text)[] Parameters)> methods)
    {
        var item = Node.Map();
        foreach (var (method, verb, parameters) in methods)
        {
            if (resource.Verbs.Contains(verb))
                item.Set(method, Operation(resource, verb, method, form, parameters, part));
        }

        return item;
    }

    private static Node Operation(
        ApiResource resource, string verb, string method, OpenApiForm form, (string Name, string Type, string Text)[] parameters, string part)
    {
        var name = TypeNames.Of(resource.Kind.Schema);
        var list = Node.List();
        foreach (var (parameter, type, text) in parameters)
            list.Items.Add(Query(parameter, type, text, form));
        string[] consumes = verb == "patch" ? Patches : Bodies;
        var hasBody = method is "post" or "put" or "patch";
        if (hasBody && form == OpenApiForm.V2)
            list.Items.Add(Map(("in", Node.String("body")), ("name", Node.String("body")), ("required", Node.Bool(true)), ("schema", SchemaWriter.Reference(name, form))));
        var result = SchemaWriter.Reference(verb is "list" or "deletecollection" ? TypeNames.OfList(resource.Kind) : name, form);
        var produces = Bodies;
        return Map(
            ("description", Node.String($"{Words(verb)} {resource.Kind.Kind}")),
            ("operationId", Node.String(IdOf(resource, verb, part))),
            ("consumes", form == OpenApiForm.V2 && hasBody ? Node.List(consumes) : null),
            ("produces", form == OpenApiForm.V2 ? Node.List(produces) : null),
            ("parameters", list.Items.Count == 0 ? null : list),
            ("requestBody", form == OpenApiForm.V3 && hasBody ? Map(("content", Contents(consumes, SchemaWriter.Reference(name, form))), ("required", Node.Bool(true))) : null),
            ("responses", Map(
                ("200", form == OpenApiForm.V2
                    ? Map(("description", Node.String("OK")), ("schema", result))
                    : Map(("description", Node.String("OK")), ("content", Contents(produces, result)))),
                ("401", Map(("description", Node.String("Unauthorized")))))),
            ("x-kubernetes-action", Node.String(verb switch
            {
                "create" => "post",
                "update" => "put",
                _ => verb,
            })),
            ("x-kubernetes-group-version-kind", SchemaWriter.GroupVersionKind(resource.Kind)));
    }

    private static Node Query(string name, string type, string text, OpenApiForm form) => form == OpenApiForm.V2
        ? Map(("description", Node.String(text)), ("in", Node.String("query")), ("name", Node.String(name)), ("type", Node.String(type)), ("uniqueItems", Node.Bool(true)))
        : Map(
            ("description", Node.String(text)),
            ("in", Node.String("query")),
            ("name", Node.String(name)),
            ("schema", Map(("type", Node.String(type)), ("uniqueItems", Node.Bool(true)))));

    private static Node Contents(IEnumerable<string> types, Node schema)
    {
        var contents = Node.Map();
        foreach (var type in types)
            contents.Set(type, Map(("schema", schema)));
        return contents;
    }

    private static string Words(string verb) => verb switch
    {
        "list" => "List or watch objects of kind",
        "create" => "Create a",
        "update" => "Replace a",
        "patch" => "Change a",
        "delete" => "Delete a",
        "deletecollection" => "Delete all objects of kind",
        _ => "Read a",
    };

    private static string IdOf(ApiResource resource, string verb, string part)
    {
        var group = resource.Kind.Group.Length == 0 ? "Core" : Capital(resource.Kind.Group.Split('.')[0]);
        var scope = resource.Kind.Namespaced && part != "ForAllNamespaces" ? "Namespaced" : "";
        return $"{verb}{group}{Capital(resource.Kind.Version)}{scope}{resource.Kind.Kind}{Capital(part)}";
    }

    private static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];
}
