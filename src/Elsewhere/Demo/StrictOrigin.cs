using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Demo;

/// <summary>
/// An origin as strict as those at large providers: it answers to its real name only, wants https (but for news), and refers to itself by that name in links, redirects, cookies
/// and policies.
/// </summary>
internal sealed class StrictOrigin : IAsyncDisposable
{
    private readonly WebApplication application;

    private StrictOrigin(WebApplication application) => this.application = application;

    /// <summary>Listens from here on.</summary>
    /// <exception cref="IOException">Somebody else took a port meanwhile.</exception>
    internal static async Task<StrictOrigin> StartAsync(DemoPlace place, OriginIdentity identity)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(DemoPlace.Address, place.Plain);
            options.Listen(DemoPlace.Address, place.Secure, listen => listen.UseHttps(identity.Leaf));
        });
        var application = builder.Build();
        application.Run(context => AnswerAsync(context, place.OriginHost));
        await application.StartAsync();
        return new StrictOrigin(application);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => application.DisposeAsync();

    private static Task AnswerAsync(HttpContext context, string host)
    {
        var (request, headers) = (context.Request, context.Response.Headers);
        if (request.Host.Host == DemoPlace.NewsName && !request.IsHttps)
            return WriteAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", $"<!doctype html><title>News</title><a href=\"http://{request.Host}/today\">Today</a>\n");
        if (request.Host.Host != DemoPlace.OriginName)
            return WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "text/plain", $"This is {host}, not {request.Host}\n");
        if (!request.IsHttps)
        {
            headers.Location = $"https://{host}{request.Path}{request.QueryString}";
            return WriteAsync(context, StatusCodes.Status301MovedPermanently, "text/plain", "");
        }

        headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        headers.ContentSecurityPolicy = $"default-src 'self' https://{host}; report-uri https://{host}/reports";
        headers.Link = $"<https://{host}/style.css>; rel=preload; as=style, </>; rel=index";
        if (request.Path == "/login")
        {
            headers.SetCookie = $"session=open; Domain={DemoPlace.OriginName}; Path=/; Secure; HttpOnly; SameSite=Lax";
            headers.Location = $"https://{host}/account";
            return WriteAsync(context, StatusCodes.Status302Found, "text/plain", "");
        }

        if (request.Path == "/account" && request.Cookies["session"] != "open")
            return WriteAsync(context, StatusCodes.Status403Forbidden, "text/plain", "Log in first\n");
        return OriginPages.Find(request.Path, host) is var (type, text)
            ? WriteAsync(context, StatusCodes.Status200OK, type, text)
            : WriteAsync(context, StatusCodes.Status404NotFound, "text/plain", "There is no such page\n");
    }

    private static async Task WriteAsync(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        var body = Encoding.UTF8.GetBytes(text);
        if (text.Length > 0 && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            context.Response.Headers.ContentEncoding = "gzip";
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync(body, context.RequestAborted);
            body = packed.ToArray();
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
