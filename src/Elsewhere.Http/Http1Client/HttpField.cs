namespace Elsewhere.Http.Http1Client;

/// <summary>One field line of a message.</summary>
/// <param name="Name">The name as it was written.</param>
/// <param name="Value">The value without the white space around it; its bytes as Latin-1.</param>
internal readonly record struct HttpField(string Name, string Value);
