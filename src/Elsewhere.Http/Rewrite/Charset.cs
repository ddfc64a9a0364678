using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What a charset means for mapping bytes.</summary>
internal enum CharsetKind
{
    /// <summary>A byte below 0x80 is that ASCII character, always.</summary>
    AsciiSuperset,

    /// <summary>A byte below 0x80 is that ASCII character unless a lead byte stands in front of it.</summary>
    AsciiWithTrailBytes,

    /// <summary>Bytes below 0x80 may mean anything.</summary>
    Other,

    /// <summary>Not known to us.</summary>
    Unknown,
}

/// <summary>Sorts charsets by their labels (the WHATWG Encoding Standard, section 4.2).</summary>
internal static class Charset
{
    internal static CharsetKind KindOf(ReadOnlySpan<byte> label)
    {
        if (label.IsEmpty)
            return CharsetKind.AsciiSuperset;
        if (label.Length > 40 || !Ascii.IsValid(label))
            return CharsetKind.Unknown;
        var name = Encoding.ASCII.GetString(label).ToLowerInvariant();
        return name switch
        {
            "utf-8" or "utf8" or "unicode-1-1-utf-8" or "us-ascii" or "ascii" or "latin1" or "l1" or "cp1252" or "x-cp1252" or "macintosh"
                or "tis-620" or "ibm866" or "cp866" or "cp437" => CharsetKind.AsciiSuperset,
            "euc-jp" or "x-euc-jp" or "euc-kr" or "ks_c_5601-1987" or "gb2312" or "euc-cn" or "binary" => CharsetKind.AsciiSuperset,
            "shift_jis" or "shift-jis" or "sjis" or "x-sjis" or "windows-31j" or "ms_kanji" or "gbk" or "x-gbk" or "gb18030" or "big5" or "big5-hkscs"
                or "cn-big5" or "windows-949" or "johab" => CharsetKind.AsciiWithTrailBytes,
            "utf-7" or "hz-gb-2312" or "scsu" or "bocu-1" or "cesu-8" => CharsetKind.Other,
            _ when name.StartsWith("utf-16", StringComparison.Ordinal) || name.StartsWith("utf-32", StringComparison.Ordinal)
                || name.StartsWith("ucs-", StringComparison.Ordinal) || name.StartsWith("utf16", StringComparison.Ordinal)
                || name.StartsWith("unicode", StringComparison.Ordinal) || name.StartsWith("iso-10646", StringComparison.Ordinal)
                || name.StartsWith("iso-2022-", StringComparison.Ordinal) || name.StartsWith("ebcdic", StringComparison.Ordinal)
                || name.StartsWith("ibm037", StringComparison.Ordinal) => CharsetKind.Other,
            _ when name.StartsWith("iso-8859-", StringComparison.Ordinal) || name.StartsWith("iso8859-", StringComparison.Ordinal)
                || name.StartsWith("iso_8859-", StringComparison.Ordinal) || name.StartsWith("windows-125", StringComparison.Ordinal)
                || name.StartsWith("koi8-", StringComparison.Ordinal) || name is "windows-874" or "x-mac-cyrillic" => CharsetKind.AsciiSuperset,
            _ => CharsetKind.Unknown,
        };
    }
}
