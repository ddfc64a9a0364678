using System.Runtime.InteropServices;
using System.Text;

namespace Elsewhere.Pod;

/// <summary>
/// Arguments and environment as bytes. The framework decodes both as UTF-8 and loses what is none, but a command must get exactly
/// what was typed: a file name is any bytes.
/// </summary>
internal static class RawProcess
{
    /// <summary>The text as UTF-8, with the zero byte at the end that C wants.</summary>
    internal static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    /// <summary><see cref="Text"/> of each.</summary>
    internal static byte[][] Texts(string[] texts) => [.. texts.Select(Text)];

    /// <summary>The last arguments of this process as they were given; the decoded ones where the system does not tell.</summary>
    internal static byte[][] LastArguments(string[] decoded)
    {
        var given = Read("/proc/self/cmdline");
        return given.Count > decoded.Length ? [.. given.TakeLast(decoded.Length)] : Texts(decoded);
    }

    /// <summary>The environment of this process as it was given, without the variables named.</summary>
    internal static byte[][] Environment(IEnumerable<string> without)
    {
        var prefixes = without.Select(static name => Encoding.UTF8.GetBytes(name + "=")).ToArray();
        return [.. Read("/proc/self/environ").Where(entry => !prefixes.Any(prefix => entry.AsSpan().StartsWith(prefix)))];
    }

    /// <summary>execve(2). Returns only if it fails; the error is <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    internal static unsafe void Execve(string path, byte[][] arguments, byte[][] environment)
    {
        var handles = new List<GCHandle>();
        var pathBytes = Text(path);
        fixed (byte* pathPointer = pathBytes)
        fixed (nint* argumentPointers = Pin(arguments, handles))
        fixed (nint* environmentPointers = Pin(environment, handles))
            _ = Libc.Execve(pathPointer, (byte**)argumentPointers, (byte**)environmentPointers);
        foreach (var handle in handles)
            handle.Free();
    }

    private static nint[] Pin(byte[][] texts, List<GCHandle> handles)
    {
        var pointers = new nint[texts.Length + 1];
        for (var i = 0; i < texts.Length; i++)
        {
            var handle = GCHandle.Alloc(texts[i], GCHandleType.Pinned);
            handles.Add(handle);
            pointers[i] = handle.AddrOfPinnedObject();
        }

        return pointers;
    }

    private static List<byte[]> Read(string path)
    {
        var entries = new List<byte[]>();
        if (!File.Exists(path))
            return entries;
        var rest = File.ReadAllBytes(path).AsSpan();
        for (var end = rest.IndexOf((byte)0); end >= 0; end = rest.IndexOf((byte)0))
        {
            entries.Add(rest[..(end + 1)].ToArray());
            rest = rest[(end + 1)..];
        }

        return entries;
    }
}
