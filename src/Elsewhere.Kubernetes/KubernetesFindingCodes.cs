using Elsewhere.Model;

namespace Elsewhere.Kubernetes;

/// <summary>The findings of reading and validation.</summary>
public static class KubernetesFindingCodes
{
    /// <summary>A field breaks a rule of the API.</summary>
    public static FindingCode Invalid { get; } = Server("kubernetes-invalid", "The API server refuses the object: a field breaks a rule.");

    /// <summary>A field that the kind does not know.</summary>
    public static FindingCode UnknownField { get; } =
        Server("kubernetes-unknown-field", "The API server refuses the object: it has a field that the kind does not know.");

    /// <summary>A repeated key.</summary>
    public static FindingCode DuplicateKey { get; } =
        Server("kubernetes-duplicate-key", "The API server refuses the object: a key stands twice in the same map.");

    /// <summary>A value of the wrong type.</summary>
    public static FindingCode Malformed { get; } = Server("kubernetes-malformed", "The API server refuses the object: a value is of the wrong type.");

    /// <summary>No apiVersion or no kind.</summary>
    public static FindingCode NoKind { get; } = Server("kubernetes-no-kind", "The document is no object: apiVersion or kind is missing or is no text.");

    /// <summary>No name but a generateName.</summary>
    public static FindingCode NoName { get; } =
        Server("kubernetes-no-name", "The object has a generateName and no name; only kubectl create can give it one.");

    /// <summary>A known kind in a version that is not served.</summary>
    public static FindingCode UnknownVersion { get; } = Server("kubernetes-unknown-version", "The API server serves the kind, but not in this version.");

    /// <summary>A warning of the API server.</summary>
    public static FindingCode Warning { get; } =
        new("kubernetes-warning", Severity.Warning, FindingSource.Kubernetes, "The API server accepts the object with a warning.");

    /// <summary>Not YAML.</summary>
    public static FindingCode YamlMalformed { get; } = Server("yaml-malformed", "The document is neither YAML nor JSON.");

    /// <summary>Too much nesting.</summary>
    public static FindingCode YamlTooDeep { get; } = Server("yaml-too-deep", "The document nests lists and maps too deeply.");

    /// <summary>A bomb of anchors.</summary>
    public static FindingCode YamlTooManyAliases { get; } =
        Server("yaml-too-many-aliases", "The document refers to anchors so often that it would explode.");

    /// <summary>Too long a document.</summary>
    public static FindingCode YamlTooLong { get; } = Server("yaml-too-long", "The document is longer than the API server takes.");

    /// <summary>Too long a file.</summary>
    public static FindingCode FileTooLong { get; } = Ours("file-too-long", Severity.Error, "The file is longer than Elsewhere reads.");

    /// <summary>Not text.</summary>
    public static FindingCode FileNotUtf8 { get; } = Ours("file-not-utf8", Severity.Error, "The file is not text in UTF-8.");

    /// <summary>Cannot be read.</summary>
    public static FindingCode FileUnreadable { get; } = Ours("file-unreadable", Severity.Error, "The file or directory cannot be read.");

    /// <summary>Nothing to read.</summary>
    public static FindingCode DirectoryEmpty { get; } = Ours("directory-empty", Severity.Warning, "The directory holds no manifest.");

    /// <summary>A broken file's earlier content stays.</summary>
    public static FindingCode FileKeepsLastGood { get; } =
        Ours("file-keeps-last-good", Severity.Warning, "The file is broken; what it held before stays in force.");

    /// <summary>Another kind.</summary>
    public static FindingCode KindIgnored { get; } = Ours("kind-ignored", Severity.Info, "The object is of a kind that Elsewhere does not use.");

    /// <summary>The same object again.</summary>
    public static FindingCode ObjectRepeated { get; } =
        Ours("object-repeated", Severity.Warning, "The same object is declared twice; the first one counts.");

    /// <summary>An Alias that breaks a rule.</summary>
    public static FindingCode AliasInvalid { get; } = Ours("alias-invalid", Severity.Error, "The Alias breaks a rule of elsewhere.dev/v1alpha1.");

    /// <summary>An Alias with an unknown field.</summary>
    public static FindingCode AliasUnknownField { get; } =
        Ours("alias-unknown-field", Severity.Error, "The Alias has a field that elsewhere.dev/v1alpha1 does not know.");

    /// <summary>The file of the API's objects is damaged.</summary>
    public static FindingCode ApiStateDamaged { get; } =
        Ours("api-state-damaged", Severity.Error, "The file that holds what was written through the API is damaged; the sound part of it is in force.");

    /// <summary>An object of a file was written or deleted through the API.</summary>
    public static FindingCode ApiOverridesFile { get; } =
        Ours("api-overrides-file", Severity.Info, "An object of a file was changed or deleted through the API; that is in force until the file's object changes.");

    /// <summary>An object of a file changed after it was written through the API.</summary>
    public static FindingCode FileReplacesApi { get; } =
        Ours("file-replaces-api", Severity.Info, "An object of a file changed after it had been changed or deleted through the API; the file's is in force.");

    /// <summary>An object of a file changed after it was written through the API, and the API's state cannot be written.</summary>
    public static FindingCode ApiStateFull { get; } =
        Ours("api-state-full", Severity.Error, "An object of a file changed after it had been changed or deleted through the API, and that cannot be kept; the API's stays in force.");

    private static FindingCode Server(string name, string meaning) => new(name, Severity.Error, FindingSource.Kubernetes, meaning);

    private static FindingCode Ours(string name, Severity severity, string meaning) => new(name, severity, FindingSource.Elsewhere, meaning);
}
