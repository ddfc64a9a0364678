using System.Globalization;
using Elsewhere.Demo;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>What <c>demo</c> shows.</summary>
internal static class DemoReport
{
    internal static void Write(Terminal terminal, DemoResult result)
    {
        var console = terminal.Results;
        console.MarkupLineInterpolated($"A shop lives at [bold]https://{result.Place.OriginHost}[/]. In the cluster it is called [bold]{DemoPlace.ClientName}[/].");
        console.WriteLine();
        var table = Tables.WithHeaders("", "BEFORE: a plain CNAME", "AFTER: through the gateway");
        for (var i = 0; i < DemoProbe.Checks.Count; i++)
            table.AddRow(new Text(DemoProbe.Checks[i]), Cell(result.Before[i]), Cell(result.After[i]));
        Tables.Write(console, table);
        console.WriteLine();
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"[dim]Real requests over real sockets on this machine, in {result.Took.TotalSeconds:0.0} s. From \"links\" on, BEFORE sends the right Host by hand.[/]");
        console.MarkupLineInterpolated($"See it yourself: {Self.Name()} demo --serve shop-ca.yaml");
    }

    internal static DemoJson Json(DemoResult result) => new(
        $"https://{result.Place.OriginHost}",
        [result.Place.PlainUrl, result.Place.SecureUrl],
        result.IsClean,
        [.. DemoProbe.Checks.Select((check, i) => new DemoCheckJson(check, DemoOutcomeJson.Of(result.Before[i]), DemoOutcomeJson.Of(result.After[i])))],
        result.Took.TotalSeconds);

    private static Markup Cell(DemoOutcome outcome) =>
        new(outcome.Ok ? $"[green]✓[/] {Markup.Escape(outcome.Evidence)}" : $"[red]✗[/] {Markup.Escape(outcome.Evidence)}");
}

/// <summary>The demo as programs read it.</summary>
/// <param name="Origin">How the origin calls itself.</param>
/// <param name="Aliases">How the client dials it.</param>
/// <param name="Clean">Whether nothing is wrong through the gateway.</param>
/// <param name="Checks">One by one.</param>
/// <param name="Seconds">How long all of it took.</param>
internal sealed record DemoJson(string Origin, IReadOnlyList<string> Aliases, bool Clean, IReadOnlyList<DemoCheckJson> Checks, double Seconds);

/// <summary>One check.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Before">Through a plain CNAME.</param>
/// <param name="After">Through the gateway.</param>
internal sealed record DemoCheckJson(string Check, DemoOutcomeJson Before, DemoOutcomeJson After);

/// <summary>What a check found.</summary>
/// <param name="Ok">Whether it went well.</param>
/// <param name="Evidence">What was seen.</param>
internal sealed record DemoOutcomeJson(bool Ok, string Evidence)
{
    internal static DemoOutcomeJson Of(DemoOutcome outcome) => new(outcome.Ok, outcome.Evidence);
}
