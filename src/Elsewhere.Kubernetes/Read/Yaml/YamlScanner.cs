namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>
/// Text to tokens, with the grammar, the leniencies and the complaints of the API server's YAML reader (go-yaml 2, a libyaml): a manifest is well-formed
/// here exactly when it is there.
/// </summary>
internal sealed partial class YamlScanner
{
    private const char End = '\0';
    private const int LongestKey = 1024;

    private readonly string text;
    private readonly int firstLine;
    private readonly List<YamlToken> tokens = [];
    private readonly Stack<int> indents = new();
    private readonly List<SimpleKey> keys = [default];
    private int head;
    private int taken;
    private int at;
    private int line;
    private int lineStart;
    private int indent = -1;
    private int flowLevel;
    private bool keyAllowed = true;
    private bool ended;

    public YamlScanner(string text, int firstLine)
    {
        this.text = text;
        this.firstLine = firstLine;
        if (text.StartsWith('\uFEFF'))
            lineStart = at = 1;
    }

    /// <summary>The next token, not taken yet. After the end it is the end again.</summary>
    public YamlToken Peek()
    {
        while (!ended && (head == tokens.Count || IsHeadOpen()))
            Fetch();
        return tokens[head];
    }

    /// <summary>Takes the next token.</summary>
    public YamlToken Take()
    {
        var token = Peek();
        if (token.Kind == YamlTokenKind.StreamEnd)
            return token;
        taken++;
        if (++head == tokens.Count)
        {
            tokens.Clear();
            head = 0;
        }

        return token;
    }

    private int Column => at - lineStart;

    private char Current => at < text.Length ? text[at] : End;

    private char Ahead(int count) => at + count < text.Length ? text[at + count] : End;

    private static bool IsBreak(char c) => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';

    private static bool IsBlank(char c) => c is ' ' or '\t';

    private static bool IsBreakOrEnd(char c) => c is '\n' or '\r' or End or '\u0085' or '\u2028' or '\u2029';

    private static bool IsBlankOrEnd(char c) => c is ' ' or '\t' || IsBreakOrEnd(c);

    // What comes next may turn out to be the key of a mapping that has to begin before it.
    private bool IsHeadOpen()
    {
        foreach (var key in keys)
        {
            if (key.Possible && key.Token == taken && IsStillPossible(key))
                return true;
        }

        return false;
    }

    private bool IsStillPossible(SimpleKey key)
    {
        if (key.Line >= line && key.At + LongestKey >= at)
            return true;
        return key.Required ? throw Fault("could not find expected ':'", key.Line) : false;
    }

    private void Fetch()
    {
        SkipToToken();
        DropStaleKeys();
        Unroll(Column);
        var c = Current;
        if (at >= text.Length)
            FetchEnd();
        else if (Column == 0 && c == '%')
            FetchDirective();
        else if (Column == 0 && IsDocumentMark('-'))
            FetchDocumentMark(YamlTokenKind.DocumentStart);
        else if (Column == 0 && IsDocumentMark('.'))
            FetchDocumentMark(YamlTokenKind.DocumentEnd);
        else
            FetchContent(c);
    }

    private void FetchContent(char c)
    {
        switch (c)
        {
            case '[':
                FetchFlowStart(YamlTokenKind.FlowSequenceStart);
                return;
            case '{':
                FetchFlowStart(YamlTokenKind.FlowMappingStart);
                return;
            case ']':
                FetchFlowEnd(YamlTokenKind.FlowSequenceEnd);
                return;
            case '}':
                FetchFlowEnd(YamlTokenKind.FlowMappingEnd);
                return;
            case ',':
                RemoveKey();
                keyAllowed = true;
                AddHere(YamlTokenKind.FlowEntry);
                return;
            case '-' when IsBlankOrEnd(Ahead(1)):
                FetchBlockEntry();
                return;
            case '?' when flowLevel > 0 || IsBlankOrEnd(Ahead(1)):
                FetchKey();
                return;
            case ':' when flowLevel > 0 || IsBlankOrEnd(Ahead(1)):
                FetchValue();
                return;
            case '*' or '&':
                SaveKey();
                keyAllowed = false;
                tokens.Add(ScanAnchor(c == '*'));
                return;
            case '!':
                SaveKey();
                keyAllowed = false;
                tokens.Add(ScanTag());
                return;
            case '|' or '>' when flowLevel == 0:
                RemoveKey();
                keyAllowed = true;
                tokens.Add(ScanBlockScalar(c == '|'));
                return;
            case '\'' or '"':
                SaveKey();
                keyAllowed = false;
                tokens.Add(ScanQuoted(c));
                return;
        }

        if (!CanStartPlain(c))
            throw Fault("found character that cannot start any token", line);
        SaveKey();
        keyAllowed = false;
        tokens.Add(ScanPlain());
    }

    private bool CanStartPlain(char c) => c switch
    {
        '-' => !IsBlank(Ahead(1)),
        '?' or ':' => flowLevel == 0 && !IsBlankOrEnd(Ahead(1)),
        ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' => false,
        _ => !IsBlankOrEnd(c),
    };

    private void SkipToToken()
    {
        while (true)
        {
            while (Current == ' ' || (Current == '\t' && (flowLevel > 0 || !keyAllowed)))
                at++;
            if (Current == '#')
            {
                while (!IsBreakOrEnd(Current))
                    at++;
            }

            if (at >= text.Length || !IsBreak(Current))
                return;
            SkipLine();
            if (flowLevel == 0)
                keyAllowed = true;
        }
    }

    private void SkipLine()
    {
        at += Current == '\r' && Ahead(1) == '\n' ? 2 : 1;
        line++;
        lineStart = at;
    }

    private bool IsDocumentMark(char c) => Current == c && Ahead(1) == c && Ahead(2) == c && IsBlankOrEnd(Ahead(3));

    private void FetchEnd()
    {
        if (Column > 0)
        {
            line++;
            lineStart = at;
        }

        Unroll(-1);
        RemoveKey();
        keyAllowed = false;
        ended = true;
        tokens.Add(new(YamlTokenKind.StreamEnd, line));
    }

    private void FetchDocumentMark(YamlTokenKind kind)
    {
        Unroll(-1);
        RemoveKey();
        keyAllowed = false;
        tokens.Add(new(kind, line));
        at += 3;
    }

    private void FetchFlowStart(YamlTokenKind kind)
    {
        SaveKey();
        flowLevel++;
        keys.Add(default);
        keyAllowed = true;
        AddHere(kind);
    }

    private void FetchFlowEnd(YamlTokenKind kind)
    {
        RemoveKey();
        if (flowLevel > 0)
        {
            flowLevel--;
            keys.RemoveAt(keys.Count - 1);
        }

        keyAllowed = false;
        AddHere(kind);
    }

    private void FetchBlockEntry()
    {
        if (flowLevel == 0)
        {
            if (!keyAllowed)
                throw Fault("block sequence entries are not allowed in this context", line);
            Roll(Column, -1, YamlTokenKind.BlockSequenceStart, line);
        }

        RemoveKey();
        keyAllowed = true;
        AddHere(YamlTokenKind.BlockEntry);
    }

    private void FetchKey()
    {
        if (flowLevel == 0)
        {
            if (!keyAllowed)
                throw Fault("mapping keys are not allowed in this context", line);
            Roll(Column, -1, YamlTokenKind.BlockMappingStart, line);
        }

        RemoveKey();
        keyAllowed = flowLevel == 0;
        AddHere(YamlTokenKind.Key);
    }

    private void FetchValue()
    {
        var key = keys[^1];
        if (key.Possible && IsStillPossible(key))
        {
            keys[^1] = default;
            tokens.Insert(head + key.Token - taken, new(YamlTokenKind.Key, key.Line));
            Roll(key.Column, key.Token, YamlTokenKind.BlockMappingStart, key.Line);
            keyAllowed = false;
        }
        else
        {
            keys[^1] = default;
            if (flowLevel == 0)
            {
                if (!keyAllowed)
                    throw Fault("mapping values are not allowed in this context", line);
                Roll(Column, -1, YamlTokenKind.BlockMappingStart, line);
            }

            keyAllowed = flowLevel == 0;
        }

        AddHere(YamlTokenKind.Value);
    }

    private void AddHere(YamlTokenKind kind)
    {
        tokens.Add(new(kind, line));
        at++;
    }

    private void Roll(int column, int token, YamlTokenKind kind, int where)
    {
        if (flowLevel > 0 || indent >= column)
            return;
        indents.Push(indent);
        indent = column;
        // Deeper than any document may be: the composer refuses it at once, the scanner need not go on.
        if (indents.Count > 10_000)
            throw new YamlFaultException(TextFault.TooDeep, "exceeded max depth of 10000", where + firstLine, 0);
        if (token < 0)
            tokens.Add(new(kind, where));
        else
            tokens.Insert(head + token - taken, new(kind, where));
    }

    private void Unroll(int column)
    {
        while (flowLevel == 0 && indent > column)
        {
            tokens.Add(new(YamlTokenKind.BlockEnd, line));
            indent = indents.Pop();
        }
    }

    private void DropStaleKeys()
    {
        // Only the innermost can be recent, and the outer ones of a deep flow are looked at when their turn comes.
        var key = keys[^1];
        if (key.Possible && !IsStillPossible(key))
            keys[^1] = default;
    }

    private void SaveKey()
    {
        var required = flowLevel == 0 && indent == Column;
        if (!keyAllowed)
            return;
        RemoveKey();
        keys[^1] = new(true, required, taken + tokens.Count - head, at, line, Column);
    }

    private void RemoveKey()
    {
        var key = keys[^1];
        if (key is { Possible: true, Required: true })
            throw Fault("could not find expected ':'", key.Line);
        keys[^1] = default;
    }

    // The server's reader counts lines from 0, adds one for a scanner's complaint, and names none where that gives 0.
    private YamlFaultException Fault(string problem, int context) =>
        new(TextFault.Malformed, problem, line + firstLine, line > 0 ? line + 1 : context);

    private readonly record struct SimpleKey(bool Possible, bool Required, int Token, int At, int Line, int Column);
}
