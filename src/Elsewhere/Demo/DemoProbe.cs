using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsewhere.Demo;

/// <summary>What one check found.</summary>
/// <param name="Ok">Whether a client may go on.</param>
/// <param name="Evidence">What was seen.</param>
internal sealed record DemoOutcome(bool Ok, string Evidence);

/// <summary>The article's faults as a client meets them; the same requests whatever stands behind the name.</summary>
/// <param name="place">The ports.</param>
/// <param name="client">Who asks.</param>
internal sealed partial class DemoProbe(DemoPlace place, DemoClient client)
{
    private const int MostPages = 60;

    // Later checks go on where an earlier one ended a client's way: as its user patches it by hand.
    private string? hostByHand;

    /// <summary>The names of the checks, in their order.</summary>
    internal static IReadOnlyList<string> Checks { get; } = ["Host header", "certificate", "links", "redirect", "cookie"];

    internal async Task<IReadOnlyList<DemoOutcome>> RunAsync(CancellationToken cancellation)
    {
        var host = await HostAsync(cancellation);
        var certificate = await CertificateAsync(cancellation);
        if (!host.Ok || !certificate.Ok)
            hostByHand = place.OriginHost;
        var redirect = await RedirectAsync(cancellation);
        var cookie = await CookieAsync(cancellation);
        return [host, certificate, await LinksAsync(cancellation), redirect, cookie];
    }

    private async Task<DemoOutcome> HostAsync(CancellationToken cancellation)
    {
        var response = await client.GetAsync(new Uri(place.PlainUrl), null, cancellation);
        return response.Status == 200 ? new(true, $"200: {DemoPlace.OriginName} was asked for itself")
            : new(false, string.Create(CultureInfo.InvariantCulture, $"{response.Status}: \"{response.Body.Trim()}\""));
    }

    private async Task<DemoOutcome> CertificateAsync(CancellationToken cancellation)
    {
        try
        {
            await client.GetAsync(new Uri(place.SecureUrl), null, cancellation);
            return new(true, $"for {DemoPlace.ClientName}, by {client.CertificateIssuer}");
        }
        catch (HttpRequestException) when (client.CertificateProblem is { } problem)
        {
            return new(false, $"{problem}, not for {DemoPlace.ClientName}");
        }
    }

    private async Task<DemoOutcome> RedirectAsync(CancellationToken cancellation)
    {
        var response = await client.GetAsync(new Uri($"{place.SecureUrl}/login"), hostByHand, cancellation);
        var stays = response.Location is { } location && IsAlias(location);
        return new(stays, string.Create(CultureInfo.InvariantCulture, $"{response.Status} to {response.Location}"));
    }

    private async Task<DemoOutcome> CookieAsync(CancellationToken cancellation)
    {
        var response = await client.GetAsync(new Uri($"{place.SecureUrl}/account"), hostByHand, cancellation);
        return response.Status == 200 ? new(true, "kept and sent back: 200")
            : new(false, string.Create(CultureInfo.InvariantCulture, $"is for {DemoPlace.OriginName}, so it was dropped: {response.Status}"));
    }

    private async Task<DemoOutcome> LinksAsync(CancellationToken cancellation)
    {
        var pages = new Queue<Uri>([new(place.PlainUrl), new(place.SecureUrl)]);
        var (seen, away, leaks) = (pages.ToHashSet(), 0, 0);
        if (hostByHand is not null)
            pages.Dequeue();
        for (var asked = 0; asked < MostPages && pages.TryDequeue(out var page); asked++)
        {
            var response = await client.GetAsync(page, hostByHand, cancellation);
            leaks += response.Text.Contains(DemoPlace.OriginName, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            foreach (var link in Links(response, page))
            {
                if (link.Host == DemoPlace.OriginName)
                    away++;
                else if (IsAlias(link) && link.Scheme.StartsWith("http", StringComparison.Ordinal) && seen.Add(link))
                    pages.Enqueue(link);
            }
        }

        return away + leaks == 0 && seen.Count > 2
            ? new(true, string.Create(CultureInfo.InvariantCulture, $"{seen.Count} over http and https, none names {DemoPlace.OriginName}"))
            : new(false, string.Create(CultureInfo.InvariantCulture, $"{away} on the first page lead to {DemoPlace.OriginName}"));
    }

    private bool IsAlias(Uri link) => $"{link.Scheme}://{link.Authority}" is var origin && (origin == place.PlainUrl || origin == place.SecureUrl);

    // As a browser, a script and a feed reader would read them.
    private static IEnumerable<Uri> Links(DemoResponse response, Uri page)
    {
        var text = response.Text.Replace("\\/", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.OrdinalIgnoreCase).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        foreach (Match match in Url().Matches(text))
        {
            if (Uri.TryCreate(page, match.Value, out var link))
                yield return link;
        }
    }

    [GeneratedRegex("(?:(?:https?|wss?):)?//[a-z0-9][a-z0-9.:-]*(?:/[^\\s\"'<>`();,]*)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();
}
