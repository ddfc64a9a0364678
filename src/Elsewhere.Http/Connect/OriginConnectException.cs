namespace Elsewhere.Http.Connect;

/// <summary>A failure that has to pass through code that knows exceptions only, such as a handler of the framework.</summary>
public sealed class OriginConnectException : IOException
{
    /// <summary>Carries a failure.</summary>
    /// <param name="failure">What it is.</param>
    /// <param name="message">What it is, as a sentence with the facts of the case; no secret is among them.</param>
    /// <param name="detail">The facts alone; may be empty.</param>
    /// <param name="inner">Where it comes from.</param>
    public OriginConnectException(OriginFailure failure, string message, string detail = "", Exception? inner = null)
        : base(message, inner) => (Failure, Detail) = (failure, detail);

    /// <summary>What it is.</summary>
    public OriginFailure Failure { get; }

    /// <summary>The one that an exception is, or comes from; null if it is none of these. In HTTP/2 a connection that was refused at its first read is the end of each of its streams.</summary>
    /// <param name="e">The exception.</param>
    public static OriginConnectException? In(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is OriginConnectException found)
                return found;
        }

        return null;
    }

    /// <summary>The facts of the case, as a sentence without its end; may be empty.</summary>
    public string Detail { get; }
}
