using System.Net;
using Microsoft.Extensions.Logging;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>Hears from the server, which says it nowhere else, that a client was too slow or opened streams to reset them.</summary>
/// <param name="refused">Told of it.</param>
/// <param name="find">The ends of a connection: the address that was dialled, and the client; nothing of one that is not known.</param>
internal sealed class KestrelEvents(ClientRefused refused, Func<string, (EndPoint? Dialled, EndPoint? Client)> find) : ILoggerFactory, ILogger
{
    private const string BadRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests", Http2 = "Microsoft.AspNetCore.Server.Kestrel.Http2";

    private string? lastFlooded;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => categoryName is BadRequests or Http2 ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (CodeOf(eventId.Name) is not { } code)
            return;

        // One flood is told of for each frame that was too many.
        var connection = ConnectionOf(state);
        if (code == ClientRefusals.Http2Flood && connection is not null && Interlocked.Exchange(ref lastFlooded, connection) == connection)
            return;
        var (dialled, client) = connection is null ? default : find(connection);
        refused(code, dialled, client);
    }

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string? ConnectionOf<TState>(TState state)
    {
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach (var (name, value) in values)
            {
                if (name == "ConnectionId")
                    return value as string;
            }
        }

        return null;
    }

    private static string? CodeOf(string? name) => name switch
    {
        "RequestBodyMinimumDataRateNotSatisfied" => ClientRefusals.BodyTooSlow,
        "ResponseMinimumDataRateNotSatisfied" => ClientRefusals.ReadsTooSlowly,
        "Http2TooManyEnhanceYourCalms" or "Http2QueueOperationsExceeded" or "Http2FlowControlQueueOperationsExceeded" => ClientRefusals.Http2Flood,
        _ => null,
    };
}
