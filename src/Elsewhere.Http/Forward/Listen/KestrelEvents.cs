using Microsoft.Extensions.Logging;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>Hears from the server, which says it nowhere else, that a client was too slow or opened streams to reset them.</summary>
internal sealed class KestrelEvents(ClientRefusals refusals) : ILoggerFactory, ILogger
{
    private const string BadRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests", Http2 = "Microsoft.AspNetCore.Server.Kestrel.Http2";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => categoryName is BadRequests or Http2 ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Debug or LogLevel.Information or LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (CodeOf(eventId.Name) is { } code)
            refusals.Count(code);
    }

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string? CodeOf(string? name) => name switch
    {
        "RequestBodyMinimumDataRateNotSatisfied" => ClientRefusals.BodyTooSlow,
        "ResponseMinimumDataRateNotSatisfied" => ClientRefusals.ReadsTooSlowly,
        "Http2TooManyEnhanceYourCalms" or "Http2QueueOperationsExceeded" or "Http2FlowControlQueueOperationsExceeded" => ClientRefusals.Http2Flood,
        _ => null,
    };
}
