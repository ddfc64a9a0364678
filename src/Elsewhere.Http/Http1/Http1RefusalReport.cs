using System.Net;

namespace Elsewhere.Http.Http1;

/// <summary>A request was refused before any server or origin saw it.</summary>
/// <param name="Code">The stable code, one of those in docs/refusals.md.</param>
/// <param name="Status">The status that the client got, or would have got if a response had not begun.</param>
/// <param name="Listener">The address that the client dialled.</param>
/// <param name="Client">Who sent it.</param>
public readonly record struct Http1RefusalReport(string Code, int Status, EndPoint? Listener, EndPoint? Client);
