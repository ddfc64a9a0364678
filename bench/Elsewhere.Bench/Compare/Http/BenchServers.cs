using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>Servers that a comparison starts as processes of their own: <c>serve yarp PLAIN SECURE CERTIFICATE KEY ORIGIN</c>.</summary>
internal static class BenchServers
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["yarp", var plain, var secure, var certificate, var key, var origin])
            return 2;
        await YarpAsync(Number(plain), Number(secure), certificate, key, $"http://127.0.0.1:{origin}");
        return 0;
    }

    private static async Task YarpAsync(int plain, int secure, string certificate, string key, string origin)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, plain, static listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, secure, listen => listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate, key)));
        });
        await using var application = builder.Build();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, ActivityHeadersPropagator = null,
        });
        var forwarder = application.Services.GetRequiredService<IHttpForwarder>();
        application.Run(async context => _ = await forwarder.SendAsync(context, origin, client));
        await application.RunAsync();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
