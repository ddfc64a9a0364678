using System.Globalization;
using System.Text;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>A page of 700 KB as they are: much text, many links of its own, 150 of them with the host.</summary>
internal static class Document
{
    private const int Length = 700 * 1024;
    private const int Absolute = 150;

    /// <summary>The page.</summary>
    /// <param name="origin">Scheme, host and port of the absolute links.</param>
    public static string Of(string origin)
    {
        const string words = "An order that was taken before noon is sent on the same day; what does not fit comes back within a fortnight, at our expense. ";
        var text = new StringBuilder("<!DOCTYPE html><html><head><title>Terms</title></head><body>\n");
        for (var number = 0; number < Absolute; number++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<p id=\"p{number}\"><a href=\"{origin}/terms/{number}?lang=en\">Section {number}</a> ");
            while (text.Length < (long)Length * (number + 1) / Absolute - 256)
                text.Append(words).Append(CultureInfo.InvariantCulture, $"<a class=\"more\" href=\"#p{number}\">more</a> ");
            text.Append("</p>\n");
        }

        return text.Append("</body></html>\n").ToString();
    }
}
