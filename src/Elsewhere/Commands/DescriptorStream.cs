using System.Runtime.InteropServices;

namespace Elsewhere.Commands;

/// <summary>
/// Standard output or error as a plain descriptor. The framework's console sets the terminal up for reading keys, and a command that takes
/// this process over would find it so. Nobody listening is no error: a server goes on when its log is gone.
/// </summary>
/// <param name="descriptor">1 or 2.</param>
internal sealed class DescriptorStream(int descriptor) : WriteOnlyStream
{
    private const int Interrupted = 4, BrokenPipe = 32;

    /// <summary>Whether something could not be written although somebody may have waited for it: a full disk, a closed descriptor.</summary>
    internal bool HasLost { get; private set; }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = Libc.Write(descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
                continue;
            HasLost |= error != BrokenPipe;
            return;
        }
    }
}
