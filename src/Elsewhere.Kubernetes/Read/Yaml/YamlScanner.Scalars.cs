using System.Buffers;
using System.Text;

namespace Elsewhere.Kubernetes.Read.Yaml;

/// <content>The tokens with text in them.</content>
internal sealed partial class YamlScanner
{
    private static readonly SearchValues<char> QuotedStops = SearchValues.Create("\n\r\\'\"\u0085\u2028\u2029");

    private YamlToken ScanPlain()
    {
        var startLine = line;
        var least = indent + 1;
        var start = at;
        var end = at;
        StringBuilder? joined = null;
        var breaks = 0;
        var leading = false;
        while (true)
        {
            if ((Column == 0 && (IsDocumentMark('-') || IsDocumentMark('.'))) || Current == '#')
                break;
            var run = at;
            while (!IsBlankOrEnd(Current) && !EndsPlain(Current))
                at++;
            if (at > run)
            {
                if (leading)
                {
                    // Line folding: one break is a space, of more the first one goes.
                    joined ??= new StringBuilder().Append(text, start, end - start);
                    joined.Append(breaks <= 1 ? ' ' : '\n', Math.Max(1, breaks - 1)).Append(text, run, at - run);
                    leading = false;
                }
                else
                {
                    joined?.Append(text, end, at - end);
                }

                end = at;
            }

            if (!IsBlank(Current) && !(at < text.Length && IsBreak(Current)))
                break;
            while (IsBlank(Current) || (at < text.Length && IsBreak(Current)))
            {
                if (IsBlank(Current))
                {
                    if (leading && Column < least && Current == '\t')
                        throw Fault("found a tab character that violates indentation", startLine);
                    at++;
                }
                else
                {
                    breaks = leading ? breaks + 1 : 1;
                    leading = true;
                    SkipLine();
                }
            }

            if (flowLevel == 0 && Column < least)
                break;
        }

        if (leading)
            keyAllowed = true;
        return new(YamlTokenKind.Scalar, startLine, joined?.ToString() ?? text[start..end], Plain: true);
    }

    private bool EndsPlain(char c) => c switch
    {
        ':' => IsBlankOrEnd(Ahead(1)),
        ',' or '?' or '[' or ']' or '{' or '}' => flowLevel > 0,
        _ => false,
    };

    private YamlToken ScanQuoted(char quote)
    {
        var startLine = line;
        at++;
        // Most have neither escapes nor line breaks.
        var plain = text.AsSpan(at).IndexOfAny(QuotedStops);
        if (plain >= 0 && text[at + plain] == quote && !(quote == '\'' && at + plain + 1 < text.Length && text[at + plain + 1] == '\''))
        {
            var simple = text.Substring(at, plain);
            at += plain + 1;
            return new(YamlTokenKind.Scalar, startLine, simple);
        }

        var value = new StringBuilder();
        while (true)
        {
            if (Column == 0 && (IsDocumentMark('-') || IsDocumentMark('.')))
                throw Fault("found unexpected document indicator", startLine);
            if (at >= text.Length)
                throw Fault("found unexpected end of stream", startLine);
            var continued = ScanQuotedRun(value, quote, startLine);
            if (Current == quote)
                break;
            FoldQuoted(value, continued);
        }

        at++;
        return new(YamlTokenKind.Scalar, startLine, value.ToString());
    }

    // Up to a blank, a break or the end; true if it ended with an escaped line break.
    private bool ScanQuotedRun(StringBuilder value, char quote, int startLine)
    {
        while (!IsBlankOrEnd(Current))
        {
            var c = Current;
            if (c == '\'' && quote == '\'' && Ahead(1) == '\'')
            {
                value.Append('\'');
                at += 2;
            }
            else if (c == quote)
            {
                return false;
            }
            else if (c == '\\' && quote == '"' && IsBreakOrEnd(Ahead(1)) && at + 1 < text.Length)
            {
                at++;
                SkipLine();
                return true;
            }
            else if (c == '\\' && quote == '"')
            {
                ScanEscape(value, startLine);
            }
            else
            {
                value.Append(c);
                at++;
            }
        }

        return false;
    }

    private void FoldQuoted(StringBuilder value, bool leading)
    {
        var blanks = at;
        var breaks = 0;
        var end = at;
        while (IsBlank(Current) || (at < text.Length && IsBreak(Current)))
        {
            if (IsBlank(Current))
            {
                at++;
                if (breaks == 0 && !leading)
                    end = at;
            }
            else
            {
                breaks++;
                SkipLine();
            }
        }

        if (leading)
            value.Append('\n', breaks);
        else if (breaks == 0)
            value.Append(text, blanks, end - blanks);
        else
            value.Append(breaks == 1 ? ' ' : '\n', Math.Max(1, breaks - 1));
    }

    private void ScanEscape(StringBuilder value, int startLine)
    {
        var digits = 0;
        _ = Ahead(1) switch
        {
            '0' => value.Append('\0'),
            'a' => value.Append('\a'),
            'b' => value.Append('\b'),
            't' or '\t' => value.Append('\t'),
            'n' => value.Append('\n'),
            'v' => value.Append('\v'),
            'f' => value.Append('\f'),
            'r' => value.Append('\r'),
            'e' => value.Append('\x1b'),
            ' ' => value.Append(' '),
            '"' => value.Append('"'),
            '\'' => value.Append('\''),
            '\\' => value.Append('\\'),
            'N' => value.Append('\u0085'),
            '_' => value.Append('\u00a0'),
            'L' => value.Append('\u2028'),
            'P' => value.Append('\u2029'),
            'x' => Digits(2, out digits),
            'u' => Digits(4, out digits),
            'U' => Digits(8, out digits),
            _ => throw Fault("found unknown escape character", startLine),
        };
        at += 2;
        if (digits == 0)
            return;
        var code = 0u;
        for (var i = 0; i < digits; i++)
        {
            if (!char.IsAsciiHexDigit(Ahead(i)))
                throw Fault("did not find expected hexdecimal number", startLine);
            code = (code << 4) | (uint)Convert.ToInt32(Ahead(i).ToString(), 16);
        }

        if (!Rune.IsValid(code))
            throw Fault("found invalid Unicode character escape code", startLine);
        value.Append(new Rune(code));
        at += digits;

        static StringBuilder? Digits(int count, out int digits)
        {
            digits = count;
            return null;
        }
    }

    private YamlToken ScanBlockScalar(bool literal)
    {
        var startLine = line;
        at++;
        var (chomping, increment) = ScanBlockHeader(startLine);
        while (IsBlank(Current))
            at++;
        if (Current == '#')
        {
            while (!IsBreakOrEnd(Current))
                at++;
        }

        if (!IsBreakOrEnd(Current))
            throw Fault("did not find expected comment or line break", startLine);
        if (at < text.Length)
            SkipLine();
        var least = increment > 0 ? Math.Max(indent, 0) + increment : 0;
        var value = new StringBuilder();
        var lead = 0;
        var leadingBlank = false;
        var trailing = ScanBlockBreaks(ref least, startLine);
        while (Column == least && at < text.Length)
        {
            var blank = IsBlank(Current);
            if (!literal && !leadingBlank && !blank && lead > 0)
                value.Append(trailing == 0 ? " " : "");
            else
                value.Append('\n', lead);
            value.Append('\n', trailing);
            leadingBlank = blank;
            var run = at;
            while (!IsBreakOrEnd(Current))
                at++;
            value.Append(text, run, at - run);
            lead = 0;
            if (at < text.Length)
            {
                lead = 1;
                SkipLine();
            }

            trailing = ScanBlockBreaks(ref least, startLine);
        }

        value.Append('\n', chomping >= 0 ? lead : 0).Append('\n', chomping > 0 ? trailing : 0);
        return new(YamlTokenKind.Scalar, startLine, value.ToString());
    }

    private (int Chomping, int Increment) ScanBlockHeader(int startLine)
    {
        var (chomping, increment) = (0, 0);
        for (var i = 0; i < 2; i++)
        {
            if (Current is '+' or '-' && chomping == 0)
            {
                chomping = Current == '+' ? 1 : -1;
                at++;
            }
            else if (char.IsAsciiDigit(Current) && increment == 0)
            {
                increment = Current - '0';
                if (increment == 0)
                    throw Fault("found an indentation indicator equal to 0", startLine);
                at++;
            }
        }

        return (chomping, increment);
    }

    // Indentation and empty lines before a line of text; finds the indentation out if it is not known yet.
    private int ScanBlockBreaks(ref int least, int startLine)
    {
        var deepest = 0;
        var breaks = 0;
        while (true)
        {
            while ((least == 0 || Column < least) && Current == ' ')
                at++;
            deepest = Math.Max(deepest, Column);
            if ((least == 0 || Column < least) && Current == '\t')
                throw Fault("found a tab character where an indentation space is expected", startLine);
            if (at >= text.Length || !IsBreak(Current))
                break;
            breaks++;
            SkipLine();
        }

        if (least == 0)
            least = Math.Max(Math.Max(deepest, indent + 1), 1);
        return breaks;
    }

    private YamlToken ScanAnchor(bool alias)
    {
        var start = ++at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
            at++;
        if (at == start || !(IsBlankOrEnd(Current) || Current is '?' or ':' or ',' or ']' or '}' or '%' or '@' or '`'))
            throw Fault("did not find expected alphabetic or numeric character", line);
        return new(alias ? YamlTokenKind.Alias : YamlTokenKind.Anchor, line, text[start..at]);
    }

    private YamlToken ScanTag()
    {
        var start = at;
        string handle;
        string suffix;
        if (Ahead(1) == '<')
        {
            at += 2;
            handle = "";
            suffix = ScanUri("");
            if (Current != '>')
                throw Fault("did not find the expected '>'", line);
            at++;
        }
        else
        {
            handle = ScanHandle();
            if (handle.Length > 1 && handle.EndsWith('!'))
            {
                suffix = ScanUri("");
            }
            else
            {
                suffix = ScanUri(handle);
                handle = "!";
                if (suffix.Length == 0)
                    (handle, suffix) = ("", "!");
            }
        }

        return IsBlankOrEnd(Current) || at == start ? new(YamlTokenKind.Tag, line, suffix, handle) : throw Fault("did not find expected whitespace or line break", line);
    }

    private string ScanHandle()
    {
        var start = at++;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
            at++;
        if (Current == '!')
            at++;
        return text[start..at];
    }

    private string ScanUri(string begun)
    {
        var uri = new StringBuilder(begun.Length > 1 ? begun[1..] : "");
        var any = begun.Length > 0;
        while (char.IsAsciiLetterOrDigit(Current) || "-_;/?:@&=+$.,!~*'()[]%".Contains(Current, StringComparison.Ordinal))
        {
            any = true;
            if (Current != '%')
            {
                uri.Append(Current);
                at++;
                continue;
            }

            if (!char.IsAsciiHexDigit(Ahead(1)) || !char.IsAsciiHexDigit(Ahead(2)))
                throw Fault("did not find URI escaped octet", line);
            uri.Append((char)Convert.ToInt32(text.Substring(at + 1, 2), 16));
            at += 3;
        }

        return any ? uri.ToString() : throw Fault("did not find expected tag URI", line);
    }

    private void FetchDirective()
    {
        Unroll(-1);
        RemoveKey();
        keyAllowed = false;
        var start = ++at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
            at++;
        var name = text[start..at];
        if (name.Length == 0)
            throw Fault("could not find expected directive name", line);
        if (!IsBlankOrEnd(Current))
            throw Fault("found unexpected non-alphabetical character", line);
        var rest = at;
        while (!IsBreakOrEnd(Current) && Current != '#')
            at++;
        var parts = text[rest..at].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        while (!IsBreakOrEnd(Current))
            at++;
        if (name == "YAML")
            tokens.Add(new(YamlTokenKind.VersionDirective, line, parts.Length == 1 ? parts[0] : throw Fault("did not find expected digit or '.' character", line)));
        else if (name == "TAG")
            tokens.Add(parts.Length == 2 ? new(YamlTokenKind.TagDirective, line, parts[1], parts[0]) : throw Fault("did not find expected whitespace", line));
        else
            throw Fault("found unknown directive name", line);
    }
}
