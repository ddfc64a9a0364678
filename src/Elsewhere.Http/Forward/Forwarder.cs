using System.Net;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Pooled;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>
/// One request: whose it is, where it goes, what comes back. Every failure has a name of <see cref="GatewayError"/>; once the response has begun it can only be
/// broken off.
/// </summary>
internal sealed class Forwarder(Func<LiveRoutes> live, OriginPools pools, Func<LiveRoute, CancellationToken, ValueTask<Refusal?>> locate, RequestFaults faults, GatewayClock clock, ClientLimits limits)
{
    private static readonly TimeoutsView endless = TimeoutsView.Default with { Idle = TimeSpan.Zero, Request = TimeSpan.Zero };
    private readonly OpenTunnels tunnels = new();
    private int requests;

    /// <summary>Requests that are being served.</summary>
    public int Requests => Volatile.Read(ref requests);

    /// <summary>The gateway's own answers, by code.</summary>
    public CodeCounts Errors { get; } = new();

    /// <summary>Puts policies in force for what is under way: a tunnel that they forbid ends at once, a request gets <see cref="ClientLimits.Forbidden"/>.</summary>
    public void Apply(Seq<AliasPolicyView> next)
    {
        if (tunnels.Policies.Apply(next))
            tunnels.Apply();
    }

    public async Task RunAsync(GatewayExchange exchange)
    {
        Interlocked.Increment(ref requests);
        LiveRoute? route = null;
        var start = clock.Now;
        try
        {
            if (Admission.Check(exchange, live(), limits.Http, out route, out var client) is { } refusal)
                await AnswerAsync(exchange, route, refusal).ConfigureAwait(false);
            else if (exchange.Target == "*")
                exchange.Response.StatusCode = StatusCodes.Status200OK;
            else
                await ServeAsync(exchange, route!, client!).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref requests);
            Count(exchange, route, clock.Now - start);
        }
    }

    private void Count(GatewayExchange exchange, LiveRoute? route, long took)
    {
        if (exchange.Error is { } error)
            Errors.Add(error.Code);
        if (route is null)
            return;
        route.Load.Meter.Count(exchange.Outcome);
        if (!exchange.IsTunnel)
            route.Load.Meter.Took(took);
    }

    private Patience PatienceOf(GatewayExchange exchange) => exchange.Patience ??= new Patience(clock.Time, limits, tunnels.Policies);

    // An answer of the gateway's own, which its client may take as slowly as any other.
    private async Task AnswerAsync(GatewayExchange exchange, LiveRoute? route, Refusal refusal)
    {
        var patience = PatienceOf(exchange);
        patience.Finish();
        patience.Begin(endless, exchange);
        try
        {
            await ErrorAnswer.SendAsync(exchange, refusal, patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (TryFailures.CodeOf(patience.End) is { } code)
        {
            faults.Add(route?.Entry.Alias.Key, code, static () => "a client does not take an answer of the gateway's own");
            exchange.Abort();
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
            exchange.IsGone = true;
        }
        finally
        {
            patience.Finish();
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private async ValueTask ServeAsync(GatewayExchange exchange, LiveRoute route, ClientName client)
    {
        var load = route.Load;
        var verdict = load.Limit.Enter(clock.Now, out var entered, out var retryAfter);
        if (verdict != LimitVerdict.Allowed)
        {
            await AnswerAsync(exchange, route, new Refusal(
                verdict == LimitVerdict.OverRate ? GatewayError.OverRate : GatewayError.OverConcurrency,
                $"{route.Entry.Alias.Key} takes no more than spec.http.rateLimit says",
                retryAfter)).ConfigureAwait(false);
            return;
        }

        var patience = PatienceOf(exchange);
        var tries = exchange.Tries;
        try
        {
            load.Retries.Deposit();
            patience.Begin(route.Http.Timeouts, exchange);
            tries.Clear();
            do
            {
                // A retarget takes place between two tries, too.
                route = live().Find(exchange.Dialled) ?? route;
                if (!route.Origins.Members.IsEmpty)
                    continue;
                if (await LocateAsync(exchange, route, patience).ConfigureAwait(false) is { } refusal)
                {
                    await AnswerAsync(exchange, route, refusal).ConfigureAwait(false);
                    return;
                }

                route = live().Find(exchange.Dialled) ?? route;
            }
            while (!await TryAsync(exchange, route, client, patience, tries).ConfigureAwait(false));
        }
        finally
        {
            patience.Finish();
            load.Limit.Leave(entered);
        }
    }

    // Where its origins are is not known yet: the request waits for DNS, and then goes its way like any other. What keeps it from going, or null.
    private async Task<Refusal?> LocateAsync(GatewayExchange exchange, LiveRoute route, Patience patience)
    {
        try
        {
            return await locate(route, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!exchange.Aborted.IsCancellationRequested)
        {
            return new Refusal(GatewayError.OriginTimeout, $"the names of the origins of {route.Entry.Alias.Key} were not resolved in time");
        }
        catch (OperationCanceledException)
        {
            exchange.IsGone = true;
            return new Refusal(GatewayError.NoOrigin, "the client has gone");
        }
    }

    // False where the request is to be tried once more.
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<bool> TryAsync(GatewayExchange exchange, LiveRoute route, ClientName client, Patience patience, Tries tries)
    {
        tries.Begin(route);
        if (route.Origins.Pick(clock.Now, ref tries.Tried).Member is not { } picked)
        {
            await AnswerAsync(exchange, route, new Refusal(GatewayError.NoOrigin, $"{route.Entry.Alias.Key} leads nowhere any more")).ConfigureAwait(false);
            return true;
        }

        OriginMember? member = picked;
        var origin = picked.Origin;
        var rules = route.View(client, origin);
        OriginPool? pool = null;
        try
        {
            var isUpgrade = Tunnel.IsAskedFor(exchange);
            if (picked.Address.Pool is { IsWarm: true } known && known.Key.Connect == route.Http.Timeouts.Connect && known.TryEnter())
                pool = known;
            else
                pool = await pools.EnterAsync(origin, route.Origins.CandidatesOf(picked), route.Http.Timeouts.Connect, isUpgrade, patience.Token).ConfigureAwait(false);
            if (!pool.Key.Address.Equals(picked.Address.Key.Address))
                member = Lost(route.Origins, picked, pool.Key.Address);
            else if (pool != picked.Address.Pool)
                picked.Address.Pool = pool;
            patience.Goes(route, origin, pool);
            if (!isUpgrade)
                return await ExchangeAsync(exchange, route, rules, pool, patience, tries, member?.Address).ConfigureAwait(false);
            exchange.IsTunnel = true;
            await EndAsync(exchange, route, rules, await Tunnel.RunAsync(exchange, route, rules, origin, pool, tunnels, patience).ConfigureAwait(false)).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!exchange.Aborted.IsCancellationRequested || patience.End != PatienceEnd.None)
        {
            // A write that is cancelled ends the connection, so that the client has gone, too.
            var outcome = tries.Answered || exchange.Response.HasStarted || patience.End == PatienceEnd.Forbidden || TryFailures.IsOfRequest(e) ? TryOutcome.ResponseBegun : patience.End is PatienceEnd.Idle or PatienceEnd.Request ? TryOutcome.TimedOut : OriginErrors.OutcomeOf(e);
            var refusal = TryFailures.RefusalOf(e, exchange, rules, patience);
            if (member is not null && exchange.ClientError is null)
                Blame(member.Address, outcome, e, refusal.Detail);
            if (TryFailures.CodeOf(patience.End) is { } code)
                faults.Add(route.Entry.Alias.Key, code, () => refusal.Detail);
            else if (exchange.ClientError is null && MayRetry(exchange, route, outcome, tries))
                return false;
            await AnswerAsync(exchange, route, refusal).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            // Nobody is there to be told.
            exchange.IsGone = true;
            return true;
        }
        finally
        {
            pool?.Leave();
        }
    }

    private bool MayRetry(GatewayExchange exchange, LiveRoute route, TryOutcome outcome, Tries tries)
    {
        var body = !exchange.HasBody ? BodyProgress.None : exchange.BodyRead ? BodyProgress.Gone : BodyProgress.Unread;
        if (Retries.Decide(route.Http.Retries, exchange.Request.Method, body, outcome, tries.Count, tries.Replayed) != RetryVerdict.Retry)
            return false;

        // A replay is no answer to a failure, and cannot multiply.
        if (outcome != TryOutcome.IdleConnectionClosed || tries.Replayed)
            return route.Load.Retries.TryWithdraw(clock.Now);
        return tries.Replayed = true;
    }

    private void Blame(AddressState address, TryOutcome outcome, Exception e, string why)
    {
        if (outcome == TryOutcome.NotConnected && OriginErrors.FailureOf(e) is not (Connect.OriginFailure.Exhausted or Connect.OriginFailure.NoAddress))
            address.Failed(AddressFailure.Connect, clock.Now, why);
        else if (outcome == TryOutcome.Reset)
            address.Failed(AddressFailure.Reset, clock.Now, why);
        else if (outcome == TryOutcome.TimedOut)
            address.Failed(AddressFailure.Timeout, clock.Now, why);
    }

    // Another address answered while this one did not: it is left alone until a connection of our own shows that it can be reached.
    private OriginMember? Lost(OriginSet set, OriginMember picked, IPAddress winner)
    {
        picked.Address.Failed(AddressFailure.Connect, clock.Now, $"{picked.Address.Key} did not answer before {winner} did");
        foreach (var other in set.Members)
        {
            if (other.Index == picked.Index && other.Address.Key.Address.Equals(winner))
                return other;
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<bool> ExchangeAsync(
        GatewayExchange exchange, LiveRoute route, RewriteRules rules, OriginPool pool, Patience patience, Tries tries, AddressState? address)
    {
        var request = RequestMessage.Make(exchange, route, rules, withoutRange: false, out var facts);
        request.NeedsFresh = tries.Replayed;
        var response = (OriginResponse?)await pool.SendAsync(request, patience.Token).ConfigureAwait(false);
        try
        {
            patience.Moved();
            if (!Retries.IsRetriable(response!.Status))
                address?.Succeeded();
            else if (IsRefused(exchange, route, response, tries, address))
                return false;
            tries.Answered = true;
            var decision = ResponseHead.Decide(exchange, response, rules);
            if (decision.Verdict == BodyVerdict.PartialContent && facts.HasRange && !exchange.HasBody)
            {
                // A part of a text whose length changes cannot be told from the whole (RFC 9110 section 14.2 lets a server ignore Range).
                await response.DisposeAsync().ConfigureAwait(false);
                response = null;
                request = RequestMessage.Make(exchange, route, rules, withoutRange: true, out facts);
                response = await pool.SendAsync(request, patience.Token).ConfigureAwait(false);
                decision = ResponseHead.Decide(exchange, response, rules);
            }

            BodyReports.Tell(faults, route, rules, decision.Verdict, response);
            await EndAsync(exchange, route, rules, await ResponsePassage.PassOnAsync(exchange, response, rules, decision, facts, patience).ConfigureAwait(false)).ConfigureAwait(false);
            return true;
        }
        finally
        {
            if (response is not null)
                await response.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A body that cannot be decoded is an error as long as nothing of it was sent, and breaks off from then on.
    private ValueTask EndAsync(GatewayExchange exchange, LiveRoute route, RewriteRules rules, BodyOutcome outcome)
    {
        BodyReports.Tell(faults, route, rules, outcome);
        if (!BodyReports.IsBroken(outcome))
            return ValueTask.CompletedTask;
        if (!exchange.Response.HasStarted)
            return new ValueTask(AnswerAsync(exchange, route, new Refusal(GatewayError.OriginBody, BodyReports.Sentence(rules.Self.Origin, outcome))));
        exchange.Abort();
        return ValueTask.CompletedTask;
    }

    // 502, 503 or 504: counts against the address; true where the manifest wants another try, and there may be one.
    private bool IsRefused(GatewayExchange exchange, LiveRoute route, OriginResponse response, Tries tries, AddressState? address)
    {
        address?.Failed(AddressFailure.GatewayStatus, clock.Now, $"{address.Key} answered {response.Status}");
        return MayRetry(exchange, route, TryOutcome.RetriableStatus, tries);
    }
}
