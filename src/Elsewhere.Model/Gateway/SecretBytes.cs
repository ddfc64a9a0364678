using System.Text;

namespace Elsewhere.Model;

/// <summary>
/// What a Secret holds. Compares by value like everything of the model, and never shows itself: not in messages, not in logs, not in a debugger's text.
/// </summary>
/// <param name="Bytes">The bytes, decoded.</param>
public sealed record SecretBytes(Seq<byte> Bytes)
{
    /// <summary>From a text, in UTF-8.</summary>
    public static SecretBytes Of(string text) => new(Encoding.UTF8.GetBytes(text).ToSeq());

    /// <summary>The bytes as UTF-8 text: only for whoever sends it where it belongs.</summary>
    public string Reveal() => Encoding.UTF8.GetString(this.Bytes.AsSpan());

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}
