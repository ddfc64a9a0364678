using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Times as the API writes them.</summary>
internal static class ApiClock
{
    /// <summary>Now, to the second (<c>metav1.Time</c>).</summary>
    public static Node Now(TimeProvider time) => Node.String(Text(time.GetUtcNow()));

    /// <summary>A time, to the second.</summary>
    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
