namespace Elsewhere.Http.Connect;

/// <summary>A failure that has to pass through code that knows exceptions only, such as a handler of the framework.</summary>
public sealed class OriginConnectException : IOException
{
    /// <summary>Carries a failure.</summary>
    /// <param name="failure">What it is.</param>
    /// <param name="detail">The facts of the case; no secret is among them.</param>
    /// <param name="inner">Where it comes from.</param>
    public OriginConnectException(OriginFailure failure, string detail, Exception? inner = null)
        : base(detail, inner) => Failure = failure;

    /// <summary>What it is.</summary>
    public OriginFailure Failure { get; }
}
