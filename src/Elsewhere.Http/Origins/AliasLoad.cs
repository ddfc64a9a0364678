namespace Elsewhere.Http.Origins;

/// <summary>What all requests of one alias share, at whatever address and through whatever table they came.</summary>
public sealed class AliasLoad
{
    /// <summary>The limits of the manifest.</summary>
    public RequestLimit Limit { get; } = new();

    /// <summary>What became of them.</summary>
    public RequestMeter Meter { get; } = new();

    /// <summary>How many may be repeated.</summary>
    public RetryBudget Retries { get; } = new();
}
