using System.Collections.Frozen;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What a charset means for mapping bytes.</summary>
internal enum CharsetKind
{
    /// <summary>A byte below 0x80 is that ASCII character, always.</summary>
    AsciiSuperset,

    /// <summary>A byte below 0x80 is that ASCII character unless a lead byte stands in front of it.</summary>
    AsciiWithTrailBytes,

    /// <summary>The same, and A1 to DF are no lead bytes.</summary>
    ShiftJis,

    /// <summary>Bytes below 0x80 may mean anything.</summary>
    Other,

    /// <summary>Not known to us.</summary>
    Unknown,
}

/// <summary>Sorts charsets by their labels: those of the WHATWG Encoding Standard, section 4.2, and some that only others know.</summary>
internal static class Charset
{
    private static readonly FrozenDictionary<string, CharsetKind>.AlternateLookup<ReadOnlySpan<char>> kinds = Labels().ToFrozenDictionary().GetAlternateLookup<ReadOnlySpan<char>>();

    internal static CharsetKind KindOf(ReadOnlySpan<byte> label)
    {
        if (label.IsEmpty)
            return CharsetKind.AsciiSuperset;
        if (label.Length > 40 || !Ascii.IsValid(label))
            return CharsetKind.Unknown;
        Span<char> text = stackalloc char[40];
        _ = Ascii.ToLower(label, text, out var length);
        var name = text[..length];
        if (kinds.TryGetValue(name, out var kind))
            return kind;
        foreach (var beginning in (ReadOnlySpan<string>)["utf-16", "utf-32", "utf16", "utf32", "ucs-", "ucs2", "ucs4", "unicode", "iso-10646", "iso-2022-", "csiso2022", "ebcdic", "cp037", "ibm037"])
        {
            if (name.StartsWith(beginning))
                return CharsetKind.Other;
        }

        foreach (var beginning in (ReadOnlySpan<string>)["iso-8859-", "iso8859-", "iso_8859-", "iso8859", "windows-125", "cp125", "x-cp125", "koi8", "x-mac-", "ibm8", "cp8"])
        {
            if (name.StartsWith(beginning))
                return CharsetKind.AsciiSuperset;
        }

        return CharsetKind.Unknown;
    }

    private static Dictionary<string, CharsetKind> Labels()
    {
        var all = new Dictionary<string, CharsetKind>(StringComparer.Ordinal);
        Add(CharsetKind.AsciiSuperset, """
            utf-8 utf8 utf8mb4 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 cesu-8 us-ascii ascii ansi_x3.4-1968 iso-ir-6 iso646-us binary
            latin1 latin2 latin3 latin4 latin5 latin6 latin-9 l1 l2 l3 l4 l5 l6 l9 csisolatin1 csisolatin2 csisolatin3 csisolatin4 csisolatin5 csisolatin6 csisolatin9
            iso-ir-100 iso-ir-101 iso-ir-109 iso-ir-110 iso-ir-126 iso-ir-127 iso-ir-138 iso-ir-144 iso-ir-148 iso-ir-157
            cyrillic csisolatincyrillic arabic csisolatinarabic asmo-708 ecma-114 csiso88596e csiso88596i greek greek8 csisolatingreek ecma-118 elot_928 sun_eu_greek
            hebrew csisolatinhebrew csiso88598e csiso88598i logical visual koi koi8_r cskoi8r tis-620 dos-874 windows-874 macintosh mac csmacintosh 866 csibm866 cp437
            euc-jp x-euc-jp cseucpkdfmtjapanese euc-tw x-user-defined
            """);
        Add(CharsetKind.AsciiWithTrailBytes, """
            gbk x-gbk gb18030 gb2312 gb_2312 gb_2312-80 csgb2312 csiso58gb231280 chinese iso-ir-58 euc-cn cp936 ms936 windows-936
            big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 windows-950
            euc-kr cseuckr korean iso-ir-149 ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 csksc56011987 windows-949 cp949 johab
            """);
        Add(CharsetKind.ShiftJis, "shift_jis shift-jis csshiftjis sjis x-sjis windows-31j ms_kanji ms932 cp932");
        Add(CharsetKind.Other, "utf-7 hz-gb-2312 scsu bocu-1 replacement");
        return all;

        void Add(CharsetKind kind, string labels)
        {
            foreach (var label in labels.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                all.Add(label, kind);
        }
    }
}
