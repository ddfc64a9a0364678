using System.IO.Pipelines;

namespace Elsewhere.Http.Http1Client;

/// <summary>A request as an origin is to get it, whichever version of HTTP it speaks. What frames a message is not among the fields: whoever sends it writes that.</summary>
internal sealed class OriginRequest
{
    /// <summary>The method, as on the wire.</summary>
    public string Method { get; set; } = "GET";

    /// <summary>The target in origin form.</summary>
    public string Target { get; set; } = "/";

    /// <summary>The origin's host, and its port where that is not the scheme's: Host, unless a field says otherwise.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The field lines.</summary>
    public FieldLines Fields { get; } = new();

    /// <summary>The body; null for none.</summary>
    public RequestBody? Body { get; set; }

    /// <summary>Where there is no body, whether to say so by <c>Content-Length: 0</c>.</summary>
    public bool SaysEmpty { get; set; }

    /// <summary>Whether the body waits for the origin's word (<c>Expect: 100-continue</c>).</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>The protocols that the connection may be switched to; null for none.</summary>
    public string? Upgrade { get; set; }

    /// <summary>Whether the request needs a connection that was not used before: one that was has just failed it.</summary>
    public bool NeedsFresh { get; set; }

    /// <summary>Gets each interim answer (1xx) but 100 and 101 as it comes, before the next one is read; the fields are valid until it returns. Null drops them.</summary>
    public Action<int, FieldLines>? Interim { get; set; }

    /// <summary>Begins another request.</summary>
    public void Clear()
    {
        Fields.Clear();
        (Method, Target, Authority, Body, Upgrade, Interim) = ("GET", "/", "", null, null, null);
        SaysEmpty = ExpectsContinue = NeedsFresh = false;
    }
}

/// <summary>The body of a request, as it comes from the client. It is read as the origin takes it.</summary>
/// <param name="Reader">Where it comes from; completed by whoever opened it.</param>
/// <param name="Length">How long it is; null where the client does not say, so that it goes in chunks.</param>
internal sealed record RequestBody(PipeReader Reader, long? Length)
{
    /// <summary>Called before the first byte is asked for.</summary>
    public Action? Begun { get; init; }

    /// <summary>Called for every piece.</summary>
    public Action? Moved { get; init; }

    /// <summary>Called with what broke at the client's side.</summary>
    public Action<Exception>? Failed { get; init; }

    /// <summary>Gives the fields behind the body, once it was read; null for none. Those that may not stand there are left out.</summary>
    public Func<IEnumerable<HttpField>?>? Trailers { get; init; }
}
