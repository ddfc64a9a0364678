using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>
/// The services that Kestrel's TLS asks for. Some of them are its own secrets, which only its extension of a host builder knows how to make: this is the least host
/// builder that it can be called on.
/// </summary>
internal sealed class KestrelServices : IWebHostBuilder
{
    private readonly ServiceCollection services = new();

    public static IServiceProvider Create()
    {
        var builder = new KestrelServices();
        builder.services.AddLogging();
        builder.services.AddMetrics();
        builder.UseKestrelCore();
        return builder.services.BuildServiceProvider();
    }

    /// <inheritdoc/>
    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    /// <inheritdoc/>
    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(new WebHostBuilderContext(), services);
        return this;
    }

    /// <inheritdoc/>
    public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, Microsoft.Extensions.Configuration.IConfigurationBuilder> configureDelegate) => this;

    /// <inheritdoc/>
    public IWebHostBuilder UseSetting(string key, string? value) => this;

    /// <inheritdoc/>
    public string? GetSetting(string key) => null;

#pragma warning disable ASPDEPR008 // The interface has this member; nobody calls it.
    /// <inheritdoc/>
    public IWebHost Build() => throw new NotSupportedException("There is no host: the server is started by itself.");
#pragma warning restore ASPDEPR008
}
