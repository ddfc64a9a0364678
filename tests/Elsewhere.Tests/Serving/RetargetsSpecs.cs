using System.Threading.Channels;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Tests.Model.Resolving;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Serving;

/// <summary>Which change of an alias has to wait, for what, and how long.</summary>
public sealed class RetargetsSpecs
{
    private const string Old = "http://192.0.2.1", New = "http://192.0.2.2", Third = "http://192.0.2.3";
    private readonly Clock time = new();
    private readonly Channel<Question> asked = Channel.CreateUnbounded<Question>();
    private readonly Channel<bool> answered = Channel.CreateUnbounded<bool>();
    private bool serves = true;

    [Fact]
    public async Task The_old_origins_are_kept_until_a_new_one_serves()
    {
        await using var retargets = Create();
        var (served, wanted) = (Snapshot(Old), Snapshot(New));

        Assert.Equal(served.Aliases, retargets.Hold(wanted, served).Aliases);
        var question = await NextAsync();
        Assert.Equal([New], question.Urls);
        Assert.False(retargets.TakeDue());
        await AnswerAsync(question, null);

        Assert.True(retargets.TakeDue());
        Assert.Equal(wanted, retargets.Hold(wanted, served));
        Assert.Empty(retargets.Findings);
        Assert.Empty(retargets.Wanted);
    }

    [Fact]
    public async Task A_certificate_for_clients_does_not_wait_for_origins()
    {
        await using var retargets = Create();
        var (served, wanted) = (Snapshot(Old), Snapshot(New));
        var certificate = new TlsCertificate(new ObjectKey("shop", "tls"), SecretBytes.Of("crt"), SecretBytes.Of("key"));
        wanted = wanted with { Aliases = wanted.Aliases.Select(alias => alias with { Gateway = alias.Gateway! with { Certificate = certificate } }).ToSeq() };

        var held = retargets.Hold(wanted, served);

        Assert.Equal(served.Aliases[0].Gateway!.Ports, held.Aliases[0].Gateway!.Ports);
        Assert.Equal(certificate, held.Aliases[0].Gateway!.Certificate);
        await AnswerAsync(await NextAsync(), null);
    }

    [Fact]
    public async Task A_retarget_that_fails_is_a_finding_and_is_tried_again_more_and_more_slowly()
    {
        await using var retargets = Create();
        var (served, wanted) = (Snapshot(Old), Snapshot(New));
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(served.Aliases, retargets.Hold(wanted, served).Aliases);
            await AnswerAsync(await NextAsync(), "it is dead");
            var wait = await time.Waits.Reader.ReadAsync();
            waits.Add(wait.TotalSeconds);
            time.Advance(wait);
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], waits);
        var finding = Assert.Single(retargets.Findings);
        Assert.Equal(("retarget-failed", "spec.origins"), (finding.Code, finding.Field));
        Assert.StartsWith("it is dead; ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alias_that_is_edited_again_is_asked_about_at_once_and_one_that_is_edited_back_is_forgotten()
    {
        await using var retargets = Create();
        var served = Snapshot(Old);
        retargets.Hold(Snapshot(New), served);
        await AnswerAsync(await NextAsync(), "it is dead");
        Assert.NotEmpty(retargets.Findings);

        retargets.Hold(Snapshot(Third), served);
        var question = await NextAsync();
        Assert.Equal([Third], question.Urls);
        Assert.Empty(retargets.Findings);

        Assert.Equal(served, retargets.Hold(served, served));
        Assert.True(question.Cancellation.IsCancellationRequested);
        Assert.Empty(retargets.Wanted);
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_alias_was_edited_again_counts_for_nothing()
    {
        await using var retargets = Create();
        var served = Snapshot(Old);
        retargets.Hold(Snapshot(New), served);
        var late = await NextAsync();
        retargets.Hold(Snapshot(Third), served);
        var current = await NextAsync();
        await AnswerAsync(late, null);

        Assert.Equal(served.Aliases, retargets.Hold(Snapshot(Third), served).Aliases);
        await AnswerAsync(current, null);
        Assert.Equal(Snapshot(Third), retargets.Hold(Snapshot(Third), served));
    }

    [Fact]
    public async Task Everything_else_is_published_at_once()
    {
        await using var retargets = Create();
        var served = Given.Resolved(Alias("shop/a", Old), Alias("shop/held", Old));
        var wanted = Given.Resolved(Alias("shop/b", New), Alias("shop/held", New), Given.Alias("shop/tcp", AliasMode.Endpoints, "tcp://192.0.2.9:5432"));

        var result = retargets.Hold(wanted, served);

        Assert.Equal(wanted with { Aliases = result.Aliases }, result);
        Assert.Equal(wanted.AliasOf("shop/b"), result.AliasOf("shop/b"));
        Assert.Equal(wanted.AliasOf("shop/tcp"), result.AliasOf("shop/tcp"));
        Assert.Equal(served.AliasOf("shop/held"), result.AliasOf("shop/held"));
        Assert.Equal(3, result.Aliases.Count);
    }

    [Fact]
    public async Task Only_the_origins_that_come_first_have_to_serve()
    {
        await using var retargets = Create();
        var alias = Alias("shop/web", New, Third);
        alias = alias with { Origins = [alias.Origins[0] with { Priority = 1 }, alias.Origins[1]] };

        retargets.Hold(Given.Resolved(alias), Snapshot(Old));

        Assert.Equal([Third], (await NextAsync()).Urls);
    }

    [Fact]
    public async Task Nothing_waits_where_there_is_nothing_to_keep()
    {
        await using var retargets = Create();
        var wanted = Snapshot(New);
        Assert.Equal(wanted, retargets.Hold(wanted, Given.Resolved()));
        Assert.Equal(Given.Resolved(), retargets.Hold(Given.Resolved(), Snapshot(Old)));

        var heavier = Alias("shop/web", Old);
        heavier = heavier with { Origins = [heavier.Origins[0] with { Weight = 7 }], Hostnames = [DnsName.Parse("shop.test.")] };
        Assert.Equal(Given.Resolved(heavier), retargets.Hold(Given.Resolved(heavier), Snapshot(Old)));

        serves = false;
        Assert.Equal(wanted, retargets.Hold(wanted, Snapshot(Old)));
        Assert.False(asked.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Old_origins_that_die_while_the_new_ones_are_tried_are_kept_no_longer()
    {
        await using var retargets = Create();
        var (served, wanted) = (Snapshot(Old), Snapshot(New));
        retargets.Hold(wanted, served);
        await AnswerAsync(await NextAsync(), "it is dead");

        serves = false;

        Assert.Equal(wanted, retargets.Hold(wanted, served));
        Assert.Empty(retargets.Findings);
    }

    private static AliasSnapshot Snapshot(params string[] origins) => Given.Resolved(Alias("shop/web", origins));

    private static AliasView Alias(string key, params string[] origins) =>
        Given.Alias(key, AliasMode.Gateway, origins) with { Ports = [new("http", 80, Protocol.Tcp, "", "http")] };

    private Retargets Create() => new(
        _ => serves,
        async (origins, _, cancellation) =>
        {
            var question = new Question(
                [.. origins.Select(static origin => $"http://{origin.Url.Address}")], new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously), cancellation);
            asked.Writer.TryWrite(question);
            await using var ended = cancellation.Register(() => question.Answer.TrySetCanceled(cancellation));
            return await question.Answer.Task;
        },
        new OriginOptions(),
        time,
        () => answered.Writer.TryWrite(true));

    private async Task<Question> NextAsync() => await asked.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    private async Task AnswerAsync(Question question, string? problem)
    {
        if (question.Answer.TrySetResult(problem))
            await answered.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
    }

    private sealed record Question(string[] Urls, TaskCompletionSource<string?> Answer, CancellationToken Cancellation);

    private sealed class Clock : FakeTimeProvider
    {
        public Channel<TimeSpan> Waits { get; } = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Waits.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
