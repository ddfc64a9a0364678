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
        while (lexer.Peek() is { Length: > 0 })
        {
            selector.Read(lexer);
            var next = lexer.Next();
            if (next.Length == 0)
                break;
            if (next != ",")
                throw Bad($"found '{next}', expected: ',' or 'end of string'");
            if (lexer.Peek().Length == 0)
                throw Bad("found '', expected: identifier after ','");
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
            throw Bad($"found '{key}', expected: {(negated ? "identifier" : "!, identifier, or 'end of string'")}");
        if (NameRules.Qualified(key) is [var why, ..])
            throw Problem.BadRequest($"unable to parse requirement: <nil>: Invalid value: {GoText.Quote(key)}: {why}");
        if (negated || lexer.Peek() is "" or ",")
        {
            requirements.Add((key, negated ? "!" : "exists", []));
            return;
        }

        var op = lexer.Next();
        if (op is not ("in" or "notin" or "=" or "==" or "!=" or ">" or "<"))
            throw Bad($"found '{op}', expected: in, notin, =, ==, !=, gt, lt");
        List<string> values = op is "in" or "notin" ? Set(lexer) : [lexer.Peek() is "" or "," ? "" : lexer.Next()];
        if (op is ">" or "<" && !long.TryParse(values[0], CultureInfo.InvariantCulture, out _))
            throw Problem.BadRequest($"unable to parse requirement: values[0][{key}]: Invalid value: {GoText.Quote(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer");
        foreach (var value in values)
        {
            if (NameRules.LabelValue(value) is [var wrong, ..])
                throw Problem.BadRequest($"unable to parse requirement: values[{values.IndexOf(value)}][{key}]: Invalid value: {GoText.Quote(value)}: {wrong}");
        }

        requirements.Add((key, op switch { "=" or "==" => "in", "!=" => "notin", ">" => "gt", "<" => "lt", _ => op }, values));
    }

    private static List<string> Set(Lexer lexer)
    {
        if (lexer.Next() is var open && open != "(")
            throw Bad($"found '{open}' expected: '('");
        var values = new List<string>();
        while (true)
        {
            var word = lexer.Next();
            if (word is "," or ")")
            {
                values.Add("");
            }
            else
            {
                if (Lexer.IsSymbol(word))
                    throw Bad($"found '{word}', expected: ',', ')' or identifier");
                values.Add(word);
                word = lexer.Next();
            }

            if (word == ")")
                return values;
            if (word != ",")
                throw Bad($"found '{word}', expected: ',' or ')'");
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
