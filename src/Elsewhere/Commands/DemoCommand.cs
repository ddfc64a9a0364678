using System.CommandLine;
using Elsewhere.Demo;
using Elsewhere.Serving;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere demo</c>: the article's faults, before and after.</summary>
internal static class DemoCommand
{
    internal static Command Create(Terminal terminal)
    {
        var serve = new Option<string?>("--serve")
        {
            HelpName = "FILE",
            Description = "Only start the demo's origin, until Ctrl-C, for examples/gateway in another terminal; the CA of the origin is written into FILE as a ConfigMap meanwhile",
        };
        var output = CommonOptions.Output();
        var command = new Command("demo", "Show what breaks behind a plain alias, and that the gateway mends it: a strict https origin is started on this machine, "
            + "and the same requests are sent to its alias without and with the gateway. Needs no internet and no root, and leaves nothing behind. "
            + "Exit code 0 if nothing is wrong through the gateway, 1 if something is, 2 if it cannot run.")
        {
            serve, output,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(serve), parsed.GetValue(output), terminal, cancellation));
        return command.WithExamples(
            ("Before and after, side by side", "elsewhere demo"),
            ("The origin alone, to be tried by hand", "elsewhere demo --serve /tmp/shop-ca.yaml"),
            ("Is all of it well?", "elsewhere demo -o json | jq .clean"));
    }

    private static async Task<int> RunAsync(string? file, OutputForm output, Terminal terminal, CancellationToken cancellation)
    {
        var time = TimeProvider.System;
        if (DemoPlace.Find() is not { } place)
            return terminal.Refuse($"the demo's origin finds no free ports at {DemoPlace.Address}", "another demo may be running; or this system has no address of 127/8 but 127.0.0.1");
        using var signal = new StopSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellation);
        try
        {
            if (file is not null)
                return await ServeAsync(file, place, terminal, time, stop.Token);
            var result = await DemoShow.RunAsync(place, time, stop.Token);
            if (output == OutputForm.Json)
                OutputJson.Write(terminal.Out, DemoReport.Json(result));
            else
                DemoReport.Write(terminal, result);
            return result.IsClean ? 0 : 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            return terminal.Refuse(e.Message, "see that no other demo runs, and type it again");
        }
    }

    private static async Task<int> ServeAsync(string file, DemoPlace place, Terminal terminal, TimeProvider time, CancellationToken stop)
    {
        using var identity = OriginIdentity.Create(time.GetUtcNow());
        await using var origin = await StrictOrigin.StartAsync(place, identity);
        await using var dns = OriginDns.Start(place.NameServer, time);
        try
        {
            await File.WriteAllTextAsync(file, DemoCluster.Authority(identity.Authority) + "\n", stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return terminal.Refuse($"{file} cannot be written: {e.Message}", "name a file that may be written, in a directory that is there");
        }

        try
        {
            var console = terminal.Results;
            console.MarkupLineInterpolated($"[bold]https://{place.OriginHost}[/] answers at {DemoPlace.Address}, to its real name only.");
            if (place.Secure != 443)
                console.MarkupLineInterpolated($"[yellow]Port 443 was not to be had:[/] write {place.Secure} behind the host of url in examples/gateway.");
            console.WriteLine();
            console.MarkupLine("[bold]Try[/], in other terminals, the first one instead of a run that is there already");
            console.WriteLine($"  {Self.Name()} run -f examples/gateway {file} --upstream-dns {place.NameServer}");
            console.WriteLine($"  {Self.Name()} exec -- curl -sL -b '' https://shop/login");
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
