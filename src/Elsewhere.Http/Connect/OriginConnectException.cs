namespace Elsewhere.Http.Connect;

/// <summary>There is no connection to the origin, for a reason that has a name.</summary>
public sealed class OriginConnectException : IOException
{
    /// <summary>A failure of dialling.</summary>
    /// <param name="failure">What it is.</param>
    /// <param name="message">What it is, as a sentence that begins with the origin, with the facts of the case; no secret is among them.</param>
    /// <param name="detail">The facts alone; may be empty.</param>
    public OriginConnectException(OriginFailure failure, string message, string detail = "")
        : base(message) => (Failure, Detail, NamesOrigin) = (failure, detail, true);

    /// <summary>A failure at the first read, where nobody knows whose connection it is: the message is the end of a sentence.</summary>
    /// <param name="failure">What it is.</param>
    /// <param name="inner">Where it comes from.</param>
    public OriginConnectException(OriginFailure failure, Exception inner)
        : base(OriginFailures.Explain(failure), inner) => (Failure, Detail) = (failure, "");

    /// <summary>What it is.</summary>
    public OriginFailure Failure { get; }

    /// <summary>The facts of the case, as a sentence without its end; may be empty.</summary>
    public string Detail { get; }

    /// <summary>Whether the message begins with the origin.</summary>
    public bool NamesOrigin { get; }

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
}
