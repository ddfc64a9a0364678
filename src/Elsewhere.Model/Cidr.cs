using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Elsewhere.Model;

/// <summary>A range of addresses of one family, <c>127.96.0.0/16</c> or <c>fd00:10:96::/112</c>.</summary>
/// <param name="Network">The first address; host bits are zero.</param>
/// <param name="PrefixLength">0 to 32 or 0 to 128.</param>
public sealed record Cidr(IPAddress Network, int PrefixLength)
{
    /// <summary>The family of all its addresses.</summary>
    public AddressFamily Family => this.Network.AddressFamily;

    /// <summary>How many addresses it holds.</summary>
    public BigInteger Size => BigInteger.One << (this.Bits - this.PrefixLength);

    private int Bits => this.Family == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>Reads <c>ADDRESS/LENGTH</c>; host bits must be zero, so that a typing error shows.</summary>
    /// <param name="text">The range.</param>
    /// <param name="cidr">The range, if the text is one.</param>
    /// <param name="why">What is wrong, as the end of a sentence.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Cidr? cidr, [NotNullWhen(false)] out string? why)
    {
        cidr = null;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0 || !IPText.TryParse(text![..slash], out var network)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            why = "is no range (write ADDRESS/LENGTH, such as 127.96.0.0/16)";
            return false;
        }

        var found = new Cidr(network, length);
        if (length > found.Bits)
        {
            why = $"has a prefix longer than {found.Bits}";
            return false;
        }

        if (!found.Contains(network) || !found.AddressAt(0).Equals(network))
        {
            why = $"has bits set behind its prefix (write {found.AddressAt(0)}/{length})";
            return false;
        }

        cidr = found;
        why = null;
        return true;
    }

    /// <summary>Reads a range that the program itself wrote.</summary>
    /// <exception cref="FormatException">The text is no range: a bug of the caller.</exception>
    public static Cidr Parse(string text) => TryParse(text, out var cidr, out var why) ? cidr : throw new FormatException($"'{text}' {why}");

    /// <summary>Whether the address lies in the range; an address of the other family never does.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != this.Family)
            return false;
        var shift = this.Bits - this.PrefixLength;
        return ToNumber(address) >> shift == ToNumber(this.Network) >> shift;
    }

    /// <summary>The address at an index from the start.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the range.</exception>
    public IPAddress AddressAt(BigInteger index)
    {
        if (index < 0 || index >= this.Size)
            throw new ArgumentOutOfRangeException(nameof(index));
        var shift = this.Bits - this.PrefixLength;
        var number = (ToNumber(this.Network) >> shift << shift) + index;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var size = this.Bits / 8;
        Span<byte> raw = stackalloc byte[17];
        number.TryWriteBytes(raw, out var written, isUnsigned: true, isBigEndian: true);
        raw[..written].CopyTo(bytes[(size - written)..]);
        return new IPAddress(bytes[..size]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{this.Network}/{this.PrefixLength}");

    private static BigInteger ToNumber(IPAddress address) => new(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);
}
