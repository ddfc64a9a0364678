using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Interim;

/// <summary>An interim response as HTTP/1.1 writes it (RFC 9112 section 4).</summary>
internal static class InterimHead
{
    internal static byte[] Of(int status, IReadOnlyList<(string Name, string Value)> fields)
    {
        var text = new StringBuilder(128);
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonOf(status)}\r\n");
        foreach (var (name, value) in fields)
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        text.Append("\r\n");
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static string ReasonOf(int status) => status switch
    {
        102 => "Processing",
        103 => "Early Hints",
        104 => "Upload Resumption Supported",
        _ => "",
    };
}
