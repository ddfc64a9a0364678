using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>How far the body of a request has gone.</summary>
public enum BodyProgress
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Not one byte was read from the client for it.</summary>
    Unread,

    /// <summary>All that was sent is still there, and can be sent again.</summary>
    Kept,

    /// <summary>Some of it was sent and is gone.</summary>
    Gone,
}

/// <summary>How one try of a request ended without a response that the client has seen anything of.</summary>
public enum TryOutcome
{
    /// <summary>No connection came about: nothing was sent.</summary>
    NotConnected,

    /// <summary>The origin refused the stream (HTTP/2 REFUSED_STREAM, or a GOAWAY that does not count it): nothing was done.</summary>
    Refused,

    /// <summary>A connection that had been idle ended before the first byte of a response: the origin closed it as we began to use it (U7).</summary>
    IdleConnectionClosed,

    /// <summary>A connection ended before the first byte of a response, otherwise.</summary>
    Reset,

    /// <summary>502, 503 or 504 came, and nothing of it was passed on.</summary>
    RetriableStatus,

    /// <summary>Nothing came within the time.</summary>
    TimedOut,

    /// <summary>The client saw a part of a response.</summary>
    ResponseBegun,
}

/// <summary>Whether a request is sent once more, and if not, why.</summary>
public enum RetryVerdict
{
    /// <summary>Once more, to another address if there is one.</summary>
    Retry,

    /// <summary>The manifest does not ask for it.</summary>
    NotAskedFor,

    /// <summary>It was tried as often as the manifest says.</summary>
    NoTryLeft,

    /// <summary>The origin may have acted on it, and its method may not be repeated (RFC 9110 section 9.2.2).</summary>
    NotRepeatable,

    /// <summary>A part of its body is gone.</summary>
    BodyGone,

    /// <summary>The client saw a part of a response.</summary>
    TooLate,

    /// <summary>Too many requests of the alias were repeated lately: what fails is not helped by more load.</summary>
    OverBudget,
}

/// <summary>What may be repeated. Pure.</summary>
public static class Retries
{
    /// <summary>
    /// Whether a request is sent once more. What ended on a connection that had been idle is replayed once whatever the manifest says, where the method allows it
    /// (RFC 9112 section 9.3.1): that is no failure of the origin's. POST is sent again only if nothing was sent.
    /// </summary>
    /// <param name="retries">What the manifest says.</param>
    /// <param name="method">The method, as on the wire.</param>
    /// <param name="body">How far the body has gone.</param>
    /// <param name="outcome">How the last try ended.</param>
    /// <param name="tries">How many tries there were, the last one included; at least 1. The free replay counts.</param>
    /// <param name="replayed">Whether the free replay was used.</param>
    public static RetryVerdict Decide(RetriesView retries, string method, BodyProgress body, TryOutcome outcome, int tries, bool replayed)
    {
        ArgumentNullException.ThrowIfNull(retries);
        if (outcome == TryOutcome.ResponseBegun)
            return RetryVerdict.TooLate;
        if (body == BodyProgress.Gone)
            return RetryVerdict.BodyGone;
        var nothingDone = outcome is TryOutcome.NotConnected or TryOutcome.Refused;
        if (!nothingDone && !IsRepeatable(method))
            return RetryVerdict.NotRepeatable;
        if (outcome == TryOutcome.IdleConnectionClosed && !replayed)
            return RetryVerdict.Retry;
        if (ConditionOf(outcome) is not { } condition || !Asks(retries, condition))
            return RetryVerdict.NotAskedFor;
        return tries - (replayed ? 1 : 0) > retries.Attempts ? RetryVerdict.NoTryLeft : RetryVerdict.Retry;
    }

    /// <summary>Whether a method may be repeated although its first try may have had its effect: the idempotent ones of RFC 9110 section 9.2.2.</summary>
    public static bool IsRepeatable(string method) => method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" or "TRACE";

    /// <summary>Whether a status speaks of the origin's own upstream or of its overload, so that another address may do better.</summary>
    public static bool IsRetriable(int status) =>
        status is (int)HttpStatusCode.BadGateway or (int)HttpStatusCode.ServiceUnavailable or (int)HttpStatusCode.GatewayTimeout;

    private static RetryCondition? ConditionOf(TryOutcome outcome) => outcome switch
    {
        TryOutcome.NotConnected => RetryCondition.ConnectFailure,
        TryOutcome.Refused => RetryCondition.RefusedStream,
        TryOutcome.IdleConnectionClosed or TryOutcome.Reset => RetryCondition.Reset,
        TryOutcome.RetriableStatus => RetryCondition.RetriableStatus,
        TryOutcome.TimedOut or TryOutcome.ResponseBegun => null,
    };

    private static bool Asks(RetriesView retries, RetryCondition condition)
    {
        foreach (var asked in retries.On)
        {
            if (asked == condition)
                return true;
        }

        return false;
    }
}
