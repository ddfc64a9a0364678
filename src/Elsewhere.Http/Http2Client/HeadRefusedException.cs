using System.Globalization;

namespace Elsewhere.Http.Http2Client;

/// <summary>
/// A request is not sent, since its header is larger than the origin says that it takes (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 section 6.5.2). Nothing is wrong with the
/// connection, nor with the origin.
/// </summary>
/// <param name="size">Its size: names, values and 32 bytes for each field.</param>
/// <param name="most">What the origin takes.</param>
internal sealed class HeadRefusedException(long size, uint most)
    : IOException(string.Create(CultureInfo.InvariantCulture, $"takes no header of more than {most} bytes, 32 for each field included, and that of the request has {size}"));
