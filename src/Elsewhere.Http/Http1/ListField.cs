using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Http1;

/// <summary>Fields whose value is a list of elements (RFC 9110 section 5.6.1), such as Connection, TE and Upgrade.</summary>
internal static class ListField
{
    /// <summary>How many elements there are; empty ones do not count.</summary>
    /// <param name="field">The lines of the field.</param>
    public static int Count(StringValues field)
    {
        var count = 0;
        foreach (var line in field)
        {
            foreach (var range in line.AsSpan().Split(','))
                count += line.AsSpan()[range].IsWhiteSpace() ? 0 : 1;
        }

        return count;
    }

    /// <summary>Whether a name is an element; its case and the parameters of the elements do not count.</summary>
    /// <param name="field">The lines of the field.</param>
    /// <param name="name">The name.</param>
    public static bool Has(StringValues field, string name)
    {
        if (field.Count == 0)
            return false;
        foreach (var line in field)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var item = line.AsSpan()[range];
                var parameters = item.IndexOf(';');
                if ((parameters < 0 ? item : item[..parameters]).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
