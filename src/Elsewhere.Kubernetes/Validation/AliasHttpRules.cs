using System.Buffers;
using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of an Alias's <c>spec.http</c> and <c>spec.healthCheck</c>.</summary>
internal static class AliasHttpRules
{
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Validates <c>spec.http</c>.</summary>
    public static void Validate(FieldErrors errors, FieldPath path, Node http)
    {
        if (http.Str("host") is { Length: > 0 } host && host is not ("Origin" or "Alias") && !NameRules.IsHostName(host))
            errors.Invalid(path.Child("host"), host, "must be Origin, Alias or a DNS name");
        if (http["rewrite"] is { } rewrite)
        {
            AliasRules.OneOf(errors, path.Child("rewrite").Child("bodies"), rewrite.Str("bodies"), "Auto", "Off");
            AliasRules.OneOf(errors, path.Child("rewrite").Child("aliases"), rewrite.Str("aliases"), "Namespace", "Self");
        }

        if (http["requestHeaders"] is { } headers)
            Headers(errors, path.Child("requestHeaders"), headers);
        foreach (var (name, value) in http["timeouts"]?.Entries ?? [])
            Duration(errors, path.Child("timeouts").Child(name), value.Text);
        if (http["retries"] is { } retries)
            Retries(errors, path.Child("retries"), retries);
        foreach (var (name, value) in http["rateLimit"]?.Entries ?? [])
        {
            if (value.Text.StartsWith('-'))
                errors.Invalid(path.Child("rateLimit").Child(name), value, "must not be negative");
        }
    }

    /// <summary>Validates <c>spec.healthCheck</c>.</summary>
    public static void HealthCheck(FieldErrors errors, FieldPath path, Node check)
    {
        if (check.Has("http") && check.Has("tcp"))
            errors.Forbidden(path, "may have only one of `http` and `tcp`");
        if (check["http"] is { } http)
        {
            if (http.Str("path") is { Length: > 0 } probe && probe[0] != '/')
                errors.Invalid(path.Child("http").Child("path"), probe, "must begin with /");
            var expected = http.Strings("expectedStatus");
            for (var i = 0; i < expected.Count; i++)
            {
                if (!IsStatusRange(expected[i]))
                    errors.Invalid(path.Child("http").Child("expectedStatus").At(i), expected[i], "must be a status such as 200 or a range such as 200-399");
            }
        }

        foreach (var field in (ReadOnlySpan<string>)["interval", "timeout"])
        {
            if (check.Str(field) is { Length: > 0 } duration)
                Duration(errors, path.Child(field), duration);
        }

        foreach (var field in (ReadOnlySpan<string>)["healthyThreshold", "unhealthyThreshold"])
        {
            if (check.Has(field) && check.Int(field) < 1)
                errors.Invalid(path.Child(field), check.Int(field), "must be at least 1");
        }
    }

    /// <summary>Whether a text is a duration as Gateway API writes them (GEP-2257): <c>1h30m</c>, <c>300ms</c>, <c>0s</c>.</summary>
    public static bool IsDuration(string text)
    {
        var units = 0;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            if (at - start is 0 or > 5 || ++units > 4)
                return false;
            if (text.AsSpan(at).StartsWith("ms"))
                at += 2;
            else if (at < text.Length && text[at] is 'h' or 'm' or 's')
                at++;
            else
                return false;
        }

        return units > 0;
    }

    /// <summary>How long a text is that <see cref="IsDuration"/> lets pass.</summary>
    public static TimeSpan ReadDuration(string text)
    {
        var sum = TimeSpan.Zero;
        for (var at = 0; at < text.Length;)
        {
            var start = at;
            while (char.IsAsciiDigit(text[at]))
                at++;
            var number = int.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture);
            var milliseconds = text.AsSpan(at).StartsWith("ms");
            sum += milliseconds ? TimeSpan.FromMilliseconds(number)
                : text[at] == 'h' ? TimeSpan.FromHours(number)
                : text[at] == 'm' ? TimeSpan.FromMinutes(number)
                : TimeSpan.FromSeconds(number);
            at += milliseconds ? 2 : 1;
        }

        return sum;
    }

    private static void Duration(FieldErrors errors, FieldPath path, string text)
    {
        if (!IsDuration(text))
            errors.Invalid(path, text, "must be a duration such as 300ms, 10s or 1h30m");
    }

    private static void Retries(FieldErrors errors, FieldPath path, Node retries)
    {
        if (retries.Has("attempts") && retries.Int("attempts") is < 0 or > 10)
            errors.Invalid(path.Child("attempts"), retries.Int("attempts"), "must be between 0 and 10, inclusive");
        var conditions = retries.Strings("on");
        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i].Length == 0)
                errors.Required(path.Child("on").At(i));
            AliasRules.OneOf(errors, path.Child("on").At(i), conditions[i], "connect-failure", "refused-stream", "reset", "retriable-status");
        }
    }

    private static void Headers(FieldErrors errors, FieldPath path, Node headers)
    {
        foreach (var list in (ReadOnlySpan<string>)["set", "add"])
        {
            var entries = headers.ListOf(list);
            for (var i = 0; i < entries.Count; i++)
                Header(errors, path.Child(list).At(i), entries[i]);
        }

        var removed = headers.Strings("remove");
        for (var i = 0; i < removed.Count; i++)
            HeaderName(errors, path.Child("remove").At(i), removed[i]);
    }

    private static void Header(FieldErrors errors, FieldPath path, Node header)
    {
        HeaderName(errors, path.Child("name"), header.Str("name"));
        var source = header["valueFrom"];
        if (header.Has("value") == source is not null)
            errors.Invalid(path, header.Str("name"), "must have either `value` or `valueFrom`");
        if (header.StrOrNull("value") is { } value && value.AsSpan().ContainsAny('\r', '\n', '\0'))
            errors.Invalid(path.Child("value"), value, "must not contain line breaks or NUL");
        AliasRules.Reference(errors, path.Child("valueFrom").Child("secretKeyRef"), source?["secretKeyRef"], true);
        AliasRules.Reference(errors, path.Child("valueFrom").Child("configMapKeyRef"), source?["configMapKeyRef"], true);
    }

    // RFC 9110, section 5.1: a field name is a token.
    private static void HeaderName(FieldErrors errors, FieldPath path, string name)
    {
        if (name.Length == 0)
            errors.Required(path);
        else if (name.AsSpan().ContainsAnyExcept(TokenChars))
            errors.Invalid(path, name, "must be the name of a header field");
    }

    private static bool IsStatusRange(string text)
    {
        var parts = text.Split('-');
        if (parts.Length > 2)
            return false;
        foreach (var part in parts)
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599)
                return false;
        }

        return string.CompareOrdinal(parts[0], parts[^1]) <= 0;
    }
}
