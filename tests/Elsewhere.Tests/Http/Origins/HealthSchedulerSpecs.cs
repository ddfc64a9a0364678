using System.Net;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Origins;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>When addresses are asked, and what is made of the answer.</summary>
public sealed class HealthSchedulerSpecs
{
    [Fact]
    public async Task U10_what_this_machine_lacks_is_no_fault_of_an_address_and_its_check_goes_on()
    {
        var asked = 0;
        var isLacking = true;
        var check = OriginKit.HttpCheck(unhealthy: 1) with { Interval = TimeSpan.FromMilliseconds(10) };
        var state = OriginKit.StateOf(OriginKit.At(new IPEndPoint(IPAddress.Loopback, 9)), "127.0.0.1", check);
        await using var scheduler = new HealthScheduler(
            (_, _, _, _) =>
            {
                Interlocked.Increment(ref asked);
                return Volatile.Read(ref isLacking) ? throw new OriginConnectException(OriginFailure.Exhausted, "no descriptor") : Task.FromResult<string?>("it is ill");
            },
            new OriginOptions(),
            new GatewayClock(TimeProvider.System));

        scheduler.Watch(new HashSet<AddressState> { state });
        await Eventually.TrueAsync(() => Volatile.Read(ref asked) > 5, "it is asked on");
        Assert.Equal(AddressHealth.Up, state.Health);
        Assert.Null(state.Status.LastError);

        Volatile.Write(ref isLacking, false);
        await Eventually.TrueAsync(() => state.Health == AddressHealth.CheckFails, "the check counts again");
    }
}
