using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>
/// Servers that a comparison starts as processes of their own: <c>serve yarp PLAIN SECURE CERTIFICATE KEY ORIGIN</c>, <c>serve kestrel PLAIN SECURE CERTIFICATE KEY</c>.
/// </summary>
internal static class BenchServers
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var kind, var plain, var secure, var certificate, var key, .. var rest])
            return 2;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            // A limit of the application's would be taken for one of whoever is in front of it.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, Number(plain), static listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, Number(secure), listen => listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate, key)));
        });
        await using var application = builder.Build();
        switch (kind, rest)
        {
            case ("yarp", [var origin]):
                Forward(application, $"http://127.0.0.1:{origin}");
                break;
            case ("kestrel", []):
                Answer(application);
                break;
            default:
                return 2;
        }

        await application.RunAsync();
        return 0;
    }

    private static void Forward(WebApplication application, string origin)
    {
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
        });
        var forwarder = application.Services.GetRequiredService<IHttpForwarder>();
        application.Run(async context => _ = await forwarder.SendAsync(context, origin, client));
    }

    // What a suite may ask an application for: the body again, once all of it has come; the fields; the cookies.
    private static void Answer(WebApplication application) => application.Run(static async context =>
    {
        const string methods = "GET, HEAD, POST, OPTIONS";
        var (request, response) = (context.Request, context.Response);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        response.ContentType = "text/plain";
        if (request.Path == "/echo")
            await response.WriteAsync(string.Concat(request.Headers.SelectMany(static field => field.Value, static (field, value) => $"{field.Key}: {value}\n")));
        else if (request.Path == "/cookie")
            await response.WriteAsync(string.Concat(request.Cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}\n")));
        else if (HttpMethods.IsPost(request.Method))
            await response.Body.WriteAsync(body.ToArray());
        else if (HttpMethods.IsOptions(request.Method))
            response.Headers.Allow = methods;
        else if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            await response.WriteAsync("OK");
        else
            (response.StatusCode, response.Headers.Allow) = (StatusCodes.Status405MethodNotAllowed, methods);
    });

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
