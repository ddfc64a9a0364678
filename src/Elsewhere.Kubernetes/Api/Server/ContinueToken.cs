using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Where a list goes on (apiserver <c>storage/continue.go</c>).</summary>
/// <param name="Version">The version that the list is of; 0: whatever there is.</param>
/// <param name="After">The last object that was seen.</param>
internal readonly record struct ContinueToken(ulong Version, ObjectKey After)
{
    /// <summary>Reads a token.</summary>
    /// <exception cref="Problem">400.</exception>
    public static ContinueToken Parse(string text)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw Bad("illegal base64 data at input byte 0");
        }

        var read = JsonText.Read(Encoding.Latin1.GetString(bytes));
        if (read.Root is not { } root)
            throw Bad(read.Error!);
        if (root.Str("v") != "meta.k8s.io/v1" || !ulong.TryParse(root.Str("rv"), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw Problem.BadRequest($"invalid continue token: continue key is not valid: server does not recognize this encoded version {GoText.Quote(root.Str("v"))}");
        return new(version, new(root.Str("namespace"), root.Str("name")));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var root = Node.Map();
        root.Set("v", Node.String("meta.k8s.io/v1"));
        root.Set("rv", Node.Number(Version.ToString(CultureInfo.InvariantCulture)));
        root.Set("namespace", Node.String(After.Namespace));
        root.Set("name", Node.String(After.Name));
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(root.ToString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    private static Problem Bad(string why) => Problem.BadRequest("invalid continue token: continue key is not valid: " + why);
}
