using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Requirements that an object's labels must meet, all of them (apimachinery <c>pkg/labels/selector.go</c>).</summary>
internal sealed class LabelSelector
{
    private readonly List<(string Key, string Operator, List<string> Values)> requirements = [];

    /// <summary>Whether it asks for nothing.</summary>
    public bool IsEmpty => requirements.Count == 0;

    /// <summary>Reads a selector.</summary>
    /// <exception cref="Problem">400.</exception>
    public static LabelSelector Parse(string text)
    {
        var selector = new LabelSelector();
        var lexer = new Lexer(text);
        while (lexer.Peek() is { Length: > 0 } first)
        {
            if (first != "!" && Lexer.IsSymbol(first))
                throw Problem.BadRequest($"found '{first}', expected: !, identifier, or 'end of string'");
            selector.Read(lexer);
            var next = lexer.Next();
            if (next.Length == 0)
                break;
            if (next != ",")
                throw Problem.BadRequest($"found '{next}', expected: ',' or 'end of string'");
            if (lexer.Peek() is var after && after != "!" && Lexer.IsSymbol(after))
                throw Problem.BadRequest($"found '{after}', expected: identifier after ','");
        }

        return selector;
    }

    /// <summary>Whether labels meet it.</summary>
    public bool Matches(Node? labels)
    {
        foreach (var (key, op, values) in requirements)
        {
            var value = labels?.StrOrNull(key);
            var meets = op switch
            {
                "exists" => value is not null,
                "!" => value is null,
                "in" => value is not null && values.Contains(value),
                "notin" => value is null || !values.Contains(value),
                _ => value is not null && long.TryParse(value, CultureInfo.InvariantCulture, out var number) && long.TryParse(values[0], CultureInfo.InvariantCulture, out var limit)
                    && (op == "gt" ? number > limit : number < limit),
            };
            if (!meets)
                return false;
        }

        return true;
    }

    private void Read(Lexer lexer)
    {
        var negated = lexer.Peek() == "!";
        if (negated)
            lexer.Next();
        var key = lexer.Next();
        if (Lexer.IsSymbol(key))
            throw Bad($"found '{key}', expected: identifier");
        if (NameRules.Qualified(key) is { Count: > 0 } wrong)
            throw Bad($"<nil>: Invalid value: {GoText.Quote(key)}: {string.Join("; ", wrong)}");
        if (negated || lexer.Peek() is "" or ",")
        {
            requirements.Add((key, negated ? "!" : "exists", []));
            return;
        }

        var op = lexer.Next();
        if (op is not ("in" or "notin" or "=" or "==" or "!=" or ">" or "<"))
            throw Bad($"found '{op}', expected: in, notin, =, ==, !=, gt, lt");
        List<string> values = [.. (op is "in" or "notin" ? Set(lexer) : [Exact(lexer)]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var complaints = new List<string>();
        if (op is ">" or "<" && !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            complaints.Add($"values[0]: Invalid value: {GoText.Quote(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer");
        for (var i = 0; i < values.Count; i++)
        {
            if (NameRules.LabelValue(values[i]) is { Count: > 0 } why)
                complaints.Add($"values[{i}][{key}]: Invalid value: {GoText.Quote(values[i])}: {string.Join("; ", why)}");
        }

        if (complaints.Count > 0)
            throw Bad(complaints.Count == 1 ? complaints[0] : $"[{string.Join(", ", complaints)}]");
        requirements.Add((key, op switch { "=" or "==" => "in", "!=" => "notin", ">" => "gt", "<" => "lt", _ => op }, values));
    }

    private static string Exact(Lexer lexer)
    {
        if (lexer.Peek() is "" or ",")
            return "";
        var value = lexer.Next();
        return Lexer.IsSymbol(value) ? throw Bad($"found '{value}', expected: identifier") : value;
    }

    // Commas alone stand for empty values, as they do in the server.
    private static List<string> Set(Lexer lexer)
    {
        if (lexer.Next() is var open && open != "(")
            throw Bad($"found '{open}' expected: '('");
        var first = lexer.Peek();
        if (first == ")")
        {
            lexer.Next();
            return [""];
        }

        if (first != "," && Lexer.IsSymbol(first))
            throw Bad($"found '{first}', expected: ',', ')' or identifier");
        var values = new List<string>();
        while (true)
        {
            var word = lexer.Next();
            if (word == ",")
            {
                if (values.Count == 0)
                    values.Add("");
                if (lexer.Peek() is ")" or ",")
                    values.Add("");
                if (lexer.Peek() == ",")
                    lexer.Next();
            }
            else if (Lexer.IsSymbol(word))
            {
                throw Bad($"found '{word}', expected: ',', or identifier");
            }
            else
            {
                values.Add(word);
                if (lexer.Peek() is var next && next is not ("," or ")"))
                    throw Bad($"found '{next}', expected: ',' or ')'");
            }

            if (lexer.Peek() == ")")
            {
                lexer.Next();
                return values;
            }
        }
    }

    private static Problem Bad(string what) => Problem.BadRequest("unable to parse requirement: " + what);

    private sealed class Lexer(string text)
    {
        private int at;

        public static bool IsSymbol(string word) => word is "" or "," or "(" or ")" or "!" or "=" or "==" or "!=" or ">" or "<";

        public string Peek()
        {
            var start = at;
            var word = Next();
            at = start;
            return word;
        }

        public string Next()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                return "";
            var start = at;
            if (text.AsSpan(at).StartsWith("==") || text.AsSpan(at).StartsWith("!="))
                at += 2;
            else if (IsSpecial(text[at]))
                at++;
            else
                while (at < text.Length && !IsSpecial(text[at]) && !char.IsWhiteSpace(text[at]))
                    at++;
            return text[start..at];
        }

        private static bool IsSpecial(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
    }
}
