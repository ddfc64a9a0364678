using System.Collections.Frozen;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>
/// Which certificate a client is shown. Leaves of the alias CA are made when they are first asked for and again at two thirds of their life; whoever is connected
/// keeps what it was shown. The dialled address decides about the alias, and among its certificates the name that the client asks for.
/// </summary>
public sealed class ServerCertificates : IDisposable
{
    private static readonly TimeSpan review = TimeSpan.FromHours(1);
    private readonly Seq<Cidr> ranges;
    private readonly TimeProvider time;
    private readonly Action<AuthoritySet> keep;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private FrozenDictionary<ObjectKey, AliasCertificates> aliases = FrozenDictionary<ObjectKey, AliasCertificates>.Empty;
    private FrozenDictionary<IPAddress, AliasCertificates> addresses = FrozenDictionary<IPAddress, AliasCertificates>.Empty;
    private AuthoritySet authorities;
    private AuthorityScope needed;

    /// <summary>Serves nobody yet; there is a CA from here on.</summary>
    /// <param name="authorities">Those that were kept, or <see cref="AuthoritySet.Empty"/>.</param>
    /// <param name="ranges">The service ranges, which all CAs made here are constrained to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="keep">Called before anything is signed by a CA that is new: writes the set down and gives clients its bundle. May be called by any thread, by
    /// one at a time; what it throws comes out of whoever made the CA necessary.</param>
    public ServerCertificates(AuthoritySet authorities, Seq<Cidr> ranges, TimeProvider time, Action<AuthoritySet> keep)
    {
        ArgumentNullException.ThrowIfNull(authorities);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(keep);
        (this.authorities, this.ranges, this.time, this.keep) = (authorities, ranges, time, keep);
        needed = AuthorityScope.For(ranges, [], []);
        timer = time.CreateTimer(_ => Review(), null, review, review);
    }

    /// <summary>The CAs that clients are to trust.</summary>
    public AuthoritySet Authorities => Volatile.Read(ref authorities);

    /// <summary>What is wrong with the users' own certificates now.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            var now = time.GetUtcNow();
            return [.. Volatile.Read(ref aliases).Values.SelectMany(alias => alias.Findings(now)), .. Authorities.Findings(now)];
        }
    }

    /// <summary>When <see cref="Findings"/> may say something else although nothing was applied; null for never.</summary>
    public DateTimeOffset? FindingsChangeAt
    {
        get
        {
            var now = time.GetUtcNow();
            return Volatile.Read(ref aliases).Values.SelectMany(static alias => alias.Times).Concat(Authorities.Times)
                .Where(at => at > now).Min(static at => (DateTimeOffset?)at);
        }
    }

    /// <summary>
    /// Says who is served from now on. Certificates of aliases that stay as they were stay too; a Secret that cannot be used leaves the one before it.
    /// </summary>
    /// <exception cref="IOException">A CA became necessary and could not be kept. Everything is as it was.</exception>
    public void Apply(IReadOnlyCollection<CertificateSubject> subjects)
    {
        ArgumentNullException.ThrowIfNull(subjects);
        lock (gate)
        {
            var wanted = AuthorityScope.For(ranges, subjects.SelectMany(static subject => subject.Names), subjects.SelectMany(static subject => subject.Addresses));
            Renew(wanted);
            needed = wanted;
            var before = aliases;
            var now = time.GetUtcNow();
            var next = new Dictionary<ObjectKey, AliasCertificates>(subjects.Count);
            foreach (var subject in subjects)
                next[subject.Alias] = before.TryGetValue(subject.Alias, out var known) ? known.With(subject, now) : AliasCertificates.Of(subject, now);
            Volatile.Write(ref aliases, next.ToFrozenDictionary());
            // An address of two aliases has a finding of its own, and the first by name has it.
            Volatile.Write(ref addresses, subjects.SelectMany(static subject => subject.Addresses.Select(address => (address, subject.Alias)))
                .DistinctBy(static pair => pair.address).ToFrozenDictionary(static pair => pair.address, pair => next[pair.Alias]));
        }
    }

    /// <summary>How to answer a handshake; null if there is no such alias.</summary>
    /// <param name="alias">The alias whose address was dialled.</param>
    /// <param name="serverName">What the client asks for (RFC 6066 section 3), or null. A name that is not the alias' own is answered as if there was none.</param>
    public SslServerAuthenticationOptions? Select(ObjectKey alias, string? serverName) =>
        Volatile.Read(ref aliases).TryGetValue(alias, out var certificates) ? certificates.Select(serverName, Authorities, time.GetUtcNow()) : null;

    /// <summary>The same by the service address that was dialled, whatever the port; null if it is nobody's.</summary>
    /// <param name="dialled">The address and port.</param>
    /// <param name="serverName">What the client asks for, or null.</param>
    public SslServerAuthenticationOptions? Select(IPEndPoint dialled, string? serverName)
    {
        ArgumentNullException.ThrowIfNull(dialled);
        return Volatile.Read(ref addresses).TryGetValue(IPText.Unmap(dialled.Address), out var certificates) ? certificates.Select(serverName, Authorities, time.GetUtcNow()) : null;
    }

    /// <summary>What clients of an alias are shown now; null if there is no such alias.</summary>
    /// <param name="alias">The alias.</param>
    public ShownCertificate? Describe(ObjectKey alias) =>
        Volatile.Read(ref aliases).TryGetValue(alias, out var certificates) ? certificates.Describe(Authorities, time.GetUtcNow()) : null;

    /// <summary>Makes a successor if it is time; called by a timer every hour, and by whoever knows that the clock was turned.</summary>
    public void Review()
    {
        lock (gate)
        {
            try
            {
                Renew(needed);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is tried again in an hour; the CA that there is has a third of its life left then.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    /// <summary>HTTP/2 and HTTP/1.1 (RFC 7301), TLS 1.2 and later, sessions resumed by tickets, no renegotiation, no early data.</summary>
    internal static SslServerAuthenticationOptions OptionsFor(SslStreamCertificateContext certificate) => new()
    {
        ServerCertificateContext = certificate,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
    };

    private void Renew(AuthorityScope wanted)
    {
        var next = authorities.Next(wanted, time.GetUtcNow());
        if (next == authorities)
            return;
        keep(next);
        Volatile.Write(ref authorities, next);
    }
}
