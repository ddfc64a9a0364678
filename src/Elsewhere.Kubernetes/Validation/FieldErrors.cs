using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Where a field is; its text is made only when something is wrong.</summary>
internal sealed class FieldPath
{
    private readonly FieldPath? parent;
    private readonly string name;
    private readonly int index;

    private FieldPath(FieldPath? parent, string name, int index)
    {
        this.parent = parent;
        this.name = name;
        this.index = index;
    }

    public static FieldPath Of(string name) => new(null, name, -1);

    public FieldPath Child(string child) => new(this, child, -1);

    public FieldPath At(int at) => new(this, "", at);

    /// <summary>A key of a map, written in brackets.</summary>
    public FieldPath Key(string key) => new(this, key, -2);

    /// <inheritdoc/>
    public override string ToString() => index switch
    {
        >= 0 => $"{parent}[{index.ToString(CultureInfo.InvariantCulture)}]",
        -2 => $"{parent}[{name}]",
        _ => parent is null ? name : $"{parent}.{name}",
    };
}

/// <summary>Collects what is wrong, in the server's order and wording (apimachinery <c>field.Error</c>).</summary>
internal sealed class FieldErrors
{
    private readonly List<ApiCause> causes = [];

    public IReadOnlyList<ApiCause> Causes => causes;

    public bool Any => causes.Count > 0;

    public int Count => causes.Count;

    public void Required(FieldPath path, string detail = "") =>
        Add("FieldValueRequired", path, detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public void Invalid(FieldPath path, string value, string detail) => Add("FieldValueInvalid", path, $"Invalid value: {GoText.Quote(value)}: {detail}");

    public void Invalid(FieldPath path, long value, string detail) => Add("FieldValueInvalid", path, $"Invalid value: {value}: {detail}");

    public void Invalid(FieldPath path, Node value, string detail) => Add("FieldValueInvalid", path, $"Invalid value: {value}: {detail}");

    /// <summary>A value of another type than the schema of a CustomResourceDefinition says.</summary>
    /// <param name="path">The field.</param>
    /// <param name="given">The type that it has, in JSON Schema's words.</param>
    /// <param name="wanted">The type that it should have.</param>
    public void TypeInvalid(FieldPath path, string given, string wanted) =>
        Add("FieldValueTypeInvalid", path, $"Invalid value: {GoText.Quote(given)}: {path} in body must be of type {wanted}: {GoText.Quote(given)}");

    public void Forbidden(FieldPath path, string detail) => Add("FieldValueForbidden", path, $"Forbidden: {detail}");

    public void Duplicate(FieldPath path, string value) => Add("FieldValueDuplicate", path, $"Duplicate value: {GoText.Quote(value)}");

    public void DuplicateRaw(FieldPath path, string value) => Add("FieldValueDuplicate", path, $"Duplicate value: {value}");

    public void TooLong(FieldPath path, int bytes) => Add("FieldValueTooLong", path, $"Too long: may not be more than {bytes} bytes");

    public void TooMany(FieldPath path, int count, int most) => Add("FieldValueTooMany", path, $"Too many: {count}: must have at most {most} items");

    /// <summary>A value of a type of strings that has a name of its own: such a value is shown as JSON.</summary>
    /// <param name="path">The field.</param>
    /// <param name="value">What it says.</param>
    /// <param name="supported">What it may say, in the order of the message.</param>
    public void NotSupported(FieldPath path, string value, params ReadOnlySpan<string> supported) => Unsupported(path, Node.String(value).ToString(), supported);

    /// <summary>A value that is a plain string, which is shown as Go quotes it.</summary>
    /// <param name="path">The field.</param>
    /// <param name="value">What it says.</param>
    /// <param name="supported">What it may say, in the order of the message.</param>
    public void NotSupportedText(FieldPath path, string value, params ReadOnlySpan<string> supported) => Unsupported(path, GoText.Quote(value), supported);

    public void AddRange(FieldErrors others) => causes.AddRange(others.causes);

    private void Unsupported(FieldPath path, string shown, ReadOnlySpan<string> supported)
    {
        var quoted = new List<string>(supported.Length);
        foreach (var one in supported)
            quoted.Add(GoText.Quote(one));
        Add("FieldValueNotSupported", path, $"Unsupported value: {shown}: supported values: {string.Join(", ", quoted)}");
    }

    private void Add(string reason, FieldPath path, string message) => causes.Add(new(reason, path.ToString(), message));
}
