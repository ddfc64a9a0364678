using System.Text;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>One file: its documents, the items of its lists, each decoded and validated for itself, so that a bad one costs only itself.</summary>
internal static class ManifestFile
{
    private static readonly UTF8Encoding Utf8 = new(false, true);

    /// <summary>Reads a file.</summary>
    public static ManifestContent Read(ManifestSource source, ReadOptions options) => Read(source, new FileInProgress(source.Path, options, null)) with { Source = source };

    /// <summary>Shows every object of a file that was read before, as it was written, namespaces filled in.</summary>
    public static void Visit(ManifestSource source, ReadOptions options, Action<ApiKind, Node, IReadOnlyList<DuplicateKey>, SourcePlace> visit) =>
        Read(source, new FileInProgress(source.Path, options, visit));

    private static ManifestContent Read(ManifestSource source, FileInProgress file)
    {
        if (source.Content.Length > ReadLimits.FileBytes)
            return file.Refuse(KubernetesFindings.FileTooLong(source.Path), "");
        var bytes = source.Content.Span;
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        string text;
        try
        {
            text = Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            // In Latin 1 without the zeros UTF-16 reads well enough to see what it declares.
            return file.Refuse(KubernetesFindings.NotUtf8(source.Path, bytes), Encoding.Latin1.GetString(bytes).Replace("\0", "", StringComparison.Ordinal));
        }

        foreach (var document in YamlReader.Read(text))
            file.Take(document);
        return file.Finish();
    }

    private sealed class FileInProgress(string path, ReadOptions options, Action<ApiKind, Node, IReadOnlyList<DuplicateKey>, SourcePlace>? visit)
    {
        private readonly ApiContext context = new(options.ServiceCidrs);
        private readonly List<ManifestObject> objects = [];
        private readonly List<Finding> findings = [];
        private bool broken;

        public ManifestContent Finish() => new(objects, findings, broken);

        public ManifestContent Refuse(Finding finding, string text)
        {
            findings.Add(finding);
            broken = true;
            AddInDoubt(PolicyInDoubt.Of(text, new SourcePlace(path, 0, 0)));
            return Finish();
        }

        public void Take(YamlDocument document)
        {
            var place = new SourcePlace(path, document.Number, document.Line);
            if (document.Root is null)
            {
                findings.Add(KubernetesFindings.Unreadable(document, place));
                broken = true;
                AddInDoubt(PolicyInDoubt.Of(document.Text, place));
                return;
            }

            Take(document.Root, document.Duplicates, place, 0);
        }

        private void Take(Node root, IReadOnlyList<DuplicateKey> duplicates, SourcePlace place, int depth)
        {
            var apiVersion = root["apiVersion"];
            var kind = root["kind"];
            if (root.Kind != NodeKind.Map || apiVersion is not { Kind: NodeKind.String, Text.Length: > 0 } || kind is not { Kind: NodeKind.String, Text.Length: > 0 })
            {
                findings.Add(KubernetesFindings.NoKind(root, place));
                AddInDoubt(PolicyInDoubt.Of(root, "it has no apiVersion", place));
                return;
            }

            if (kind.Text.EndsWith("List", StringComparison.Ordinal) && root["items"] is { Kind: NodeKind.List or NodeKind.Null } items && depth < 8)
            {
                TakeList(items, apiVersion.Text, kind.Text[..^4], duplicates, place, depth);
                return;
            }

            if (ApiKind.Find(apiVersion.Text, kind.Text) is not { } known)
            {
                findings.Add(KubernetesFindings.OtherKind(root, place));
                AddInDoubt(PolicyInDoubt.Of(root, "its apiVersion is not known here", place));
                return;
            }

            TakeObject(known, root, duplicates, place);
        }

        private void TakeList(Node items, string apiVersion, string kind, IReadOnlyList<DuplicateKey> duplicates, SourcePlace place, int depth)
        {
            var first = items.Items.Count > 0 ? items.Items[0].Line : int.MaxValue;
            foreach (var duplicate in duplicates.Where(d => d.Line < first))
                findings.Add(KubernetesFindings.DuplicateInList(duplicate, place));
            for (var i = 0; i < items.Items.Count; i++)
            {
                var item = items.Items[i];
                if (kind.Length > 0 && item.Kind == NodeKind.Map)
                {
                    if (!item.Has("apiVersion"))
                        item.Set("apiVersion", Node.String(apiVersion, item.Line));
                    if (!item.Has("kind"))
                        item.Set("kind", Node.String(kind, item.Line));
                }

                var next = i + 1 < items.Items.Count ? items.Items[i + 1].Line : int.MaxValue;
                var own = duplicates.Count == 0 ? duplicates : [.. duplicates.Where(d => d.Line >= item.Line && d.Line < Math.Max(next, item.Line + 1))];
                Take(item, own, place with { Line = item.Line }, depth + 1);
            }
        }

        private void TakeObject(ApiKind kind, Node root, IReadOnlyList<DuplicateKey> duplicates, SourcePlace place)
        {
            if (kind.Namespaced && root["metadata"] is { Kind: NodeKind.Map } m && m["namespace"] is null or { Kind: NodeKind.Null } or { Kind: NodeKind.String, Text: "" })
                m.Set("namespace", Node.String(options.DefaultNamespace));
            if (visit is not null)
            {
                visit(kind, root, duplicates, place);
                return;
            }

            var outcome = ApiValidation.Create(kind, root, duplicates, context, null);
            var metadata = (outcome.AsWritten ?? root)["metadata"];
            var name = metadata?["name"] is { Kind: NodeKind.String } n ? n.Text : "";
            var space = !kind.Namespaced ? "" : metadata?["namespace"] is { Kind: NodeKind.String, Text.Length: > 0 } ns ? ns.Text : options.DefaultNamespace;
            var reference = new ObjectRef(kind.ApiVersion, kind.Kind, space, name);
            KubernetesFindings.AddOutcome(findings, outcome, kind, reference, root, place);
            if (!outcome.Accepted)
            {
                AddInDoubt(PolicyInDoubt.Of(root, "it breaks a rule", place));
                return;
            }

            if (name.Length == 0)
            {
                findings.Add(KubernetesFindings.NoName(reference, place));
                AddInDoubt(PolicyInDoubt.Of(root, "it has no name", place));
                return;
            }

            var key = new ObjectKey(space, name);
            objects.Add(new(kind.Qualified, reference, key, ViewBuilder.Build(kind, outcome.AsWritten!, key, place), place));
        }

        private void AddInDoubt(ManifestObject? policy)
        {
            if (policy is not null && visit is null)
                objects.Add(policy);
        }
    }
}
