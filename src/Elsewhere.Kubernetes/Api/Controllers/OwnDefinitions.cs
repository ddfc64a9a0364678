using System.Security.Cryptography;
using System.Text;
using Elsewhere.Kubernetes.Api.OpenApi;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>Shows the CustomResourceDefinitions of the kinds that this program brings along, established as a cluster shows them.</summary>
internal static class OwnDefinitions
{
    private static readonly (string Type, string Reason, string Message)[] Conditions =
        [("NamesAccepted", "NoConflicts", "no conflicts found"), ("Established", "InitialNamesAccepted", "the initial names have been accepted")];

    /// <summary>Adds those that are missing.</summary>
    public static bool Add(Transaction change, TimeProvider time)
    {
        foreach (var definition in CustomResources.All)
        {
            var tree = definition.Copy();
            var metadata = tree["metadata"]!;
            var name = metadata.Str("name");
            if (change.Find(Collection.CustomResourceDefinitions, new("", name)) is not null)
                continue;
            metadata.Set("uid", Node.String(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16), bigEndian: true).ToString()));
            metadata.Set("resourceVersion", Node.String("0"));
            metadata.Set("generation", Node.Number(1));
            metadata.Set("creationTimestamp", ApiClock.Now(time));
            tree.Set("status", Status(tree["spec"]!, time));
            change.Put(Collection.CustomResourceDefinitions, new("", name), Decoder.Decode(tree, ApiKind.CustomResourceDefinition.Schema).Object!, Writer.Controller);
        }

        return true;
    }

    private static Node Status(Node spec, TimeProvider time)
    {
        var conditions = Node.List();
        foreach (var (type, reason, message) in Conditions)
        {
            var condition = Node.Map();
            condition.Set("type", Node.String(type));
            condition.Set("status", Node.String("True"));
            condition.Set("lastTransitionTime", ApiClock.Now(time));
            condition.Set("reason", Node.String(reason));
            condition.Set("message", Node.String(message));
            conditions.Items.Add(condition);
        }

        var status = Node.Map();
        status.Set("conditions", conditions);
        status.Set("acceptedNames", spec["names"]!.Copy());
        status.Set("storedVersions", Node.List(spec.ListOf("versions").Select(static v => v.Str("name"))));
        return status;
    }
}
