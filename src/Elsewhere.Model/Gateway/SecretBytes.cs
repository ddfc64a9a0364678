using System.Text;

namespace Elsewhere.Model;

/// <summary>
/// What a Secret holds. Compares by value like everything of the model, and never shows itself: not in messages, not in logs, not in a debugger's text.
/// </summary>
/// <param name="Bytes">The bytes, decoded.</param>
public sealed record SecretBytes(Seq<byte> Bytes)
{
    // A bundle of CAs has hundreds of kilobytes, and is part of keys that are looked up with every answer of DNS.
    private int hash;

    /// <summary>Nothing.</summary>
    public static SecretBytes Empty { get; } = new([]);

    /// <summary>From a text, in UTF-8.</summary>
    public static SecretBytes Of(string text) => new(Encoding.UTF8.GetBytes(text).ToSeq());

    /// <summary>The bytes as UTF-8 text: only for whoever sends it where it belongs.</summary>
    public string Reveal() => Encoding.UTF8.GetString(this.Bytes.AsSpan());

    /// <inheritdoc/>
    public bool Equals(SecretBytes? other) => other is not null && (ReferenceEquals(this, other) || this.Bytes == other.Bytes);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Zero is not counted yet; two threads count the same.
        if (hash == 0)
        {
            var counting = new HashCode();
            counting.AddBytes(this.Bytes.AsSpan());
            hash = counting.ToHashCode();
        }

        return hash;
    }

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}
