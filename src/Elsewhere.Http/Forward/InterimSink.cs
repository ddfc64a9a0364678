using Elsewhere.Http.Interim;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>
/// Where the origin's interim responses to one request go (RFC 9110 section 15.2): on to its client in the client's terms, as long as the final response has not begun.
/// May be called by any thread, and whatever became of the request.
/// </summary>
internal sealed class InterimSink(GatewayExchange exchange, RewriteRules rules)
{
    /// <summary>So many of one request are passed on; further ones are left out.</summary>
    internal const int Most = 64;

    private readonly int request = exchange.Number;
    private int count;

    /// <summary>Passes one on.</summary>
    /// <param name="status">100 is the server's own to say, when the body is read; 101 is no interim response.</param>
    /// <param name="fields">The origin's, in order, as Latin-1.</param>
    /// <returns>False where it is left out: HTTP/1.0 has none, and what comes too late or too often is of no use.</returns>
    public bool Write(int status, IEnumerable<(string Name, string Value)> fields)
    {
        if (status is < 102 or > 199)
            return false;
        lock (exchange.InterimGate)
            return exchange.Number == request && exchange.TakesInterims && count++ < Most && Send(status, fields);
    }

    private bool Send(int status, IEnumerable<(string Name, string Value)> fields)
    {
        if (HttpProtocol.IsHttp10(exchange.Request.Protocol) || exchange.Aborted.IsCancellationRequested || exchange.Features.Get<IInterimWriter>() is not { } writer)
            return false;
        var context = new Exchange(BodyMayChange: false);
        var mapped = new List<(string, string)>();
        foreach (var (name, value) in fields)
        {
            if (HopByHop.IsResponseField(name) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || !FieldText.IsName(name))
                continue;
            var rule = HeaderRules.ForResponse(name);
            if ((rule is null ? value : FieldValue.Map(value, rule, rules, context, exchange.Scratch)) is { } text && FieldText.IsValue(text))
                mapped.Add((name, text));
        }

        return writer.TryWrite(exchange.Stream, status, mapped);
    }
}
