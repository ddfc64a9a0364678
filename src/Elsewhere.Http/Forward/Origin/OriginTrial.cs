using System.Globalization;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>Asks origins that no request goes to yet whether they serve. So many at once as health checks are; the others wait. Any thread.</summary>
internal sealed class OriginTrial(
    Func<GatewayOrigin, CancellationToken, ValueTask<(Seq<System.Net.IPAddress> Addresses, Refusal Refusal)>> candidates,
    AskOrigin ask,
    OriginOptions options,
    TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim places = new(options.MaxConcurrentChecks, options.MaxConcurrentChecks);

    /// <summary>Asks all of them at once; the first that serves ends it.</summary>
    /// <returns>What is wrong with each; null if one serves.</returns>
    public async Task<string?> RunAsync(Seq<GatewayOrigin> origins, HealthCheckView? check, CancellationToken cancellation)
    {
        await places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            using var late = new CancellationTokenSource(options.RetargetDeadline, time);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            var problem = await AnyAsync(origins.Select(origin => AskAsync(origin, check, over.Token)), over).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return problem;
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();

    // Each of them ends before this does: nobody asks on behind the back of who was answered.
    private static async Task<string?> AnyAsync(IEnumerable<Task<string?>> asked, CancellationTokenSource over)
    {
        var all = asked.ToList();
        var problems = new List<string>();
        await foreach (var one in Task.WhenEach(all).ConfigureAwait(false))
        {
            if (await one.ConfigureAwait(false) is { } problem)
            {
                problems.Add(problem);
                continue;
            }

            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(all).ConfigureAwait(false);
            return null;
        }

        return string.Join("; ", problems.Distinct());
    }

    private async Task<string?> AskAsync(GatewayOrigin origin, HealthCheckView? check, CancellationToken over)
    {
        var key = OriginKey.Of(origin);
        try
        {
            var (addresses, refusal) = await candidates(origin, over).ConfigureAwait(false);
            if (addresses.IsEmpty)
                return refusal.Detail;
            using var any = CancellationTokenSource.CreateLinkedTokenSource(over);
            return await AnyAsync(addresses.Select(address => AskAsync(new AddressKey(key, address, check), any.Token)), any).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Late(key.ToString());
        }
    }

    private async Task<string?> AskAsync(AddressKey key, CancellationToken over)
    {
        try
        {
            return await ask(key, key.Check, options.RetargetDeadline, over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Late(key.ToString());
        }
        catch (OriginConnectException e)
        {
            return e.Message;
        }
    }

    private string Late(string who) => string.Create(CultureInfo.InvariantCulture, $"{who} did not answer within {options.RetargetDeadline.TotalSeconds} s");
}
