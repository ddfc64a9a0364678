using System.Text;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Base64 as Go's <c>encoding/base64</c> reads it: padded, line breaks anywhere, nothing else between.</summary>
internal static class GoBase64
{
    /// <summary>The byte at which Go finds a fault; -1 if there is none.</summary>
    public static int FirstFault(string text)
    {
        // What Go reports is a place among the bytes; only what is not ASCII makes a difference.
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = 0;
        while (true)
        {
            var digits = 0;
            for (; digits < 4; digits++)
            {
                at = SkipBreaks(bytes, at);
                if (at == bytes.Length)
                    return digits == 0 ? -1 : at - digits;
                if (IsDigit(bytes[at]))
                {
                    at++;
                    continue;
                }

                return bytes[at] == '=' && digits >= 2 ? Padding(bytes, at, digits) : at;
            }
        }
    }

    // One or two equals signs after three or two digits, then the end.
    private static int Padding(byte[] bytes, int at, int digits)
    {
        at++;
        if (digits == 2)
        {
            at = SkipBreaks(bytes, at);
            if (at == bytes.Length)
                return bytes.Length;
            if (bytes[at] != '=')
                return at - 1;
            at++;
        }

        at = SkipBreaks(bytes, at);
        return at < bytes.Length ? at : -1;
    }

    private static int SkipBreaks(byte[] bytes, int at)
    {
        while (at < bytes.Length && bytes[at] is (byte)'\n' or (byte)'\r')
            at++;
        return at;
    }

    private static bool IsDigit(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'+' or (byte)'/';
}
