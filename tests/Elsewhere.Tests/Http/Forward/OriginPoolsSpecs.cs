using System.Net;
using System.Security.Authentication;
using System.Text;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Connect;
using Elsewhere.Tests.Http.Origins;
using Elsewhere.Tests.Http.Tls;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Connections to addresses that come and go.</summary>
public sealed class OriginPoolsSpecs
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task U2_a_request_that_chose_its_address_before_that_was_given_up_leaves_no_connection_behind()
    {
        var closed = new TaskCompletionSource();
        using var raw = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("old")), new IPEndPoint(IPAddress.Loopback, 0), () => closed.TrySetResult());
        var origin = OriginKit.At(new IPEndPoint(IPAddress.Loopback, raw.Port));
        using var pools = new OriginPools(DialPolicy.OneMachine, TimeProvider.System);
        pools.Retain(new HashSet<(OriginKey, IPAddress)> { (OriginKey.Of(origin), IPAddress.Loopback) });
        pools.Retain(new HashSet<(OriginKey, IPAddress)>());

        var pool = await pools.EnterAsync(origin, [IPAddress.Loopback], TimeSpan.Zero, isUpgrade: false, CancellationToken.None);
        Assert.Equal("old", await GetAsync(pool, raw));
        Assert.False(closed.Task.IsCompleted);
        pool.Leave();

        await closed.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task U2_an_address_that_comes_back_keeps_its_connections()
    {
        using var raw = new RawOrigin(RawOrigin.Answer("ok"));
        var origin = OriginKit.At(new IPEndPoint(IPAddress.Loopback, raw.Port));
        var there = new HashSet<(OriginKey, IPAddress)> { (OriginKey.Of(origin), IPAddress.Loopback) };
        using var pools = new OriginPools(DialPolicy.OneMachine, TimeProvider.System);
        pools.Retain(there);
        pools.Retain(new HashSet<(OriginKey, IPAddress)>());
        pools.Retain(there);

        for (var i = 0; i < 3; i++)
        {
            var pool = await pools.EnterAsync(origin, [IPAddress.Loopback], TimeSpan.Zero, isUpgrade: false, CancellationToken.None);
            Assert.Equal("ok", await GetAsync(pool, raw));
            pool.Leave();
        }

        Assert.Equal(1, raw.Connections);
    }

    [Fact]
    public async Task T6_a_Secret_that_turns_bad_or_goes_leaves_the_last_that_was_good()
    {
        using var world = new MutualTls();
        var (first, second) = (world.Secret("first"), world.Secret("second"));

        Assert.Equal("CN=first", await world.ShownAsync(first));
        Assert.Equal("CN=second", await world.ShownAsync(second));
        for (var i = 0; i < 20; i++)
            Assert.Equal("CN=second", await world.ShownAsync(second with { PrivateKey = SecretBytes.Of($"rubbish {i}") }));
        Assert.Equal("CN=second", await world.ShownAsync(TlsCertificate.NotThere(second.Secret, "there is no Secret 'tls' in the namespace 'shop'")));
        Assert.Equal("CN=first", await world.ShownAsync(first));
    }

    [Fact]
    public async Task T6_a_Secret_that_turns_bad_in_the_same_way_again_leaves_what_it_held_in_between()
    {
        using var world = new MutualTls();
        var (first, second, bad) = (world.Secret("first"), world.Secret("second"), world.Secret("bad") with { PrivateKey = SecretBytes.Of("rubbish") });

        Assert.Equal("", await world.ShownAsync(bad));
        Assert.Equal("CN=first", await world.ShownAsync(first));
        Assert.Equal("CN=first", await world.ShownAsync(bad));
        Assert.Equal("CN=second", await world.ShownAsync(second));
        Assert.Equal("CN=second", await world.ShownAsync(bad));
        Assert.Equal("CN=first", await world.ShownAsync(first));
        Assert.Equal("CN=first", await world.ShownAsync(bad));
    }

    [Fact]
    public async Task T6_what_a_Secret_held_counts_also_if_nobody_was_connected_to_by_it_and_what_was_only_tried_does_not()
    {
        using var world = new MutualTls();
        var (served, tried) = (world.Secret("served"), world.Secret("tried"));
        world.Want(served);
        Assert.Equal("CN=tried", await world.ShownAsync(tried, isWanted: false));

        Assert.Equal("CN=served", await world.ShownAsync(served with { PrivateKey = SecretBytes.Of("rubbish") }));
        Assert.Equal("CN=served", await world.ShownAsync(served with { PrivateKey = SecretBytes.Of("other rubbish") }));
    }

    [Fact]
    public async Task T6_a_Secret_that_is_bad_from_the_start_gets_nothing_of_what_another_one_holds_for_the_same_origin()
    {
        using var world = new MutualTls();
        var theirs = world.Secret("theirs");
        Assert.Equal("CN=theirs", await world.ShownAsync(theirs));

        foreach (var secret in (ObjectKey[])[new("elsewhere", "tls"), new("shop", "other")])
        {
            Assert.Equal("", await world.ShownAsync(theirs with { Secret = secret, PrivateKey = SecretBytes.Of("rubbish") }));
            Assert.Equal("", await world.ShownAsync(TlsCertificate.NotThere(secret, "there is none")));
        }

        var tls = OriginKey.Of(world.Origin(null)).Tls!;
        foreach (var bundle in (CaBundle[])[tls.CaCertificates! with { Namespace = "elsewhere" }, tls.CaCertificates! with { Reference = new KeyReference(ReferenceKind.Secret, "ca", "ca.crt") }])
            Assert.Equal("", await world.ShownAsync(theirs, bundle with { Certificates = SecretBytes.Of("rubbish") }));
        Assert.Equal("CN=theirs", await world.ShownAsync(theirs, tls.CaCertificates! with { Certificates = SecretBytes.Of("rubbish") }));
    }

    [Fact]
    public async Task T6_what_changes_for_ever_is_not_kept_for_ever_and_the_last_good_one_is()
    {
        using var world = new MutualTls();
        var last = world.Secret("last");
        Assert.Equal("CN=last", await world.ShownAsync(last));
        for (var i = 1; i < 300; i++)
            await world.ShownAsync(last with { Secret = new ObjectKey("shop", $"{i}"), PrivateKey = SecretBytes.Of("rubbish") }, isWanted: false);
        Assert.Equal(300, world.Pools.TlsKept);

        world.Want(last);

        Assert.Equal(1, world.Pools.TlsKept);
        Assert.Equal("CN=last", await world.ShownAsync(last with { PrivateKey = SecretBytes.Of("rubbish") }));
    }

    [Fact]
    public void What_origins_need_that_are_named_is_kept_however_many_they_are()
    {
        using var pools = new OriginPools(DialPolicy.OneMachine, TimeProvider.System);
        var origins = Enumerable.Range(0, 300).Select(static i => OriginKey.Of(OriginKit.Origin($"{i}.example", tls: new OriginTls($"{i}.example", null, null, TlsMinimum.Tls12, true)))).ToArray();
        foreach (var origin in origins)
            Assert.Null(pools.ProblemOf(origin));

        pools.Retain(origins.Skip(1).Select(static origin => (origin, IPAddress.Loopback)).ToHashSet());

        Assert.Equal(299, pools.TlsKept);
    }

    // An origin that wants a certificate, and pools that lead there.
    private sealed class MutualTls : IDisposable
    {
        private readonly TestCa ca = new();
        private readonly TestCa clients = new("Client CA");
        private readonly TlsOrigin origin;
        private string shown = "";

        public MutualTls()
        {
            origin = new TlsOrigin(ca.Issue(["a.example"]), also: options =>
            {
                options.EnabledSslProtocols = SslProtocols.Tls12;
                options.AllowTlsResume = false;
                options.ClientCertificateRequired = true;
                options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = certificate?.Subject ?? "none";
                    return certificate?.Issuer == clients.Certificate.Subject;
                };
            });
        }

        public OriginPools Pools { get; } = new(DialPolicy.OneMachine, TimeProvider.System);

        public TlsCertificate Secret(string name) => clients.Secret(clients.Issue([name], client: true));

        public GatewayOrigin Origin(TlsCertificate? certificate, CaBundle? bundle = null) =>
            OriginKit.Origin("a.example", port: origin.Port, tls: new OriginTls("a.example", bundle ?? ca.Ca, certificate, TlsMinimum.Tls12, true));

        /// <summary>Requests go to the origin in this way, and in no other, from now on.</summary>
        public void Want(TlsCertificate certificate, CaBundle? bundle = null) =>
            Pools.Retain(new HashSet<(OriginKey, IPAddress)> { (OriginKey.Of(Origin(certificate, bundle)), IPAddress.Loopback) });

        /// <summary>The subject that the origin sees on a new connection; empty if it is not connected to.</summary>
        public async Task<string> ShownAsync(TlsCertificate certificate, CaBundle? bundle = null, bool isWanted = true)
        {
            shown = "";
            if (isWanted)
                Want(certificate, bundle);
            var key = new PoolKey(OriginKey.Of(Origin(certificate, bundle)), IPAddress.Loopback, false, TimeSpan.Zero);
            try
            {
                var (stream, _) = await Pools.ConnectAsync(key, [IPAddress.Loopback], OriginPool.Protocols, CancellationToken.None);
                await using (stream)
                {
                    Assert.Equal(1, await stream.ReadAsync(new byte[1]));
                    return shown;
                }
            }
            catch (OriginConnectException e)
            {
                Assert.Equal(OriginFailure.TlsUnusable, e.Failure);
                return shown;
            }
        }

        public void Dispose()
        {
            Pools.Dispose();
            origin.DisposeAsync().AsTask().Wait();
        }
    }

    private static async Task<string> GetAsync(OriginPool pool, RawOrigin raw)
    {
        await using var response = await pool.SendAsync(new OriginRequest { Authority = $"127.0.0.1:{raw.Port}" }, CancellationToken.None);
        var body = new StringBuilder();
        while (await response.NextAsync(CancellationToken.None) is { IsEmpty: false } piece)
            body.Append(Encoding.Latin1.GetString(piece.Span));
        return body.ToString();
    }
}
