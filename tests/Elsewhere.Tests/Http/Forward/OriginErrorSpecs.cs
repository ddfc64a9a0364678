using Elsewhere.Http.Connect;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>What is made of an exception of the origin's side.</summary>
public sealed class OriginErrorSpecs
{
    private static readonly WebAuthority Origin = WebAuthority.Parse("https://api.example");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void T6_a_certificate_that_is_refused_at_the_first_read_is_named_with_the_origin_in_either_version_of_HTTP(bool isHttp2)
    {
        const OriginFailure failure = OriginFailure.ClientCertificateRequired;
        Exception e = new OriginConnectException(failure, new IOException("alert"));
        if (isHttp2)
            e = new AnswerException(AnswerFault.Closed, inner: e);

        var refusal = OriginErrors.Of(e, Origin);

        Assert.Equal(GatewayError.OriginTls, refusal.Error);
        Assert.Equal("https://api.example wants a client certificate", refusal.Detail);
        Assert.Equal(TryOutcome.NotConnected, OriginErrors.OutcomeOf(e));
        Assert.Equal(failure, OriginErrors.FailureOf(e));
    }

    [Fact]
    public void U10_what_this_machine_lacks_is_our_side_and_says_when_to_come_again()
    {
        var refusal = OriginErrors.Of(new OriginConnectException(OriginFailure.Exhausted, "https://api.example:443 was not dialled"), Origin);

        Assert.Equal((GatewayError.Exhausted, ErrorSide.Elsewhere, 503, 1), (refusal.Error, refusal.Error.Side, refusal.Error.Status, refusal.RetryAfter));
    }

    [Theory]
    [InlineData(AnswerFault.Closed, true, TryOutcome.IdleConnectionClosed)]
    [InlineData(AnswerFault.Closed, false, TryOutcome.Reset)]
    [InlineData(AnswerFault.StreamRefused, false, TryOutcome.Refused)]
    [InlineData(AnswerFault.CutOff, true, TryOutcome.Reset)]
    public void How_far_a_try_got_decides_what_may_be_repeated(object fault, bool wasIdle, object outcome) =>
        Assert.Equal((TryOutcome)outcome, OriginErrors.OutcomeOf(new AnswerException((AnswerFault)fault, wasIdle, new IOException())));
}
