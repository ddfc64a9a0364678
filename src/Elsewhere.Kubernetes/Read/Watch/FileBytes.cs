using System.Diagnostics.CodeAnalysis;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>Reads whole files, within limits; what cannot be read is a finding.</summary>
internal static class FileBytes
{
    private const int Tries = 3;

    /// <summary>Reads a file that may be changed at the same time: it is read again then.</summary>
    public static bool TryRead(string path, FileStamp stamp, out byte[] bytes, [NotNullWhen(false)] out Finding? why)
    {
        bytes = [];
        why = null;
        if (stamp.Kind == FileKind.Missing)
        {
            why = KubernetesFindings.Unreadable(path, "it is gone, it is a link to nowhere, or its name is not UTF-8");
            return false;
        }

        if (stamp.Length > ReadLimits.FileBytes)
        {
            why = KubernetesFindings.FileTooLong(path);
            return false;
        }

        try
        {
            for (var i = 0; i < Tries; i++)
            {
                using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1))
                    bytes = ReadToEnd(stream);
                if (stamp.Kind == FileKind.Stream || FileStamp.Of(path) is var after && after.Length == bytes.Length)
                    return true;
            }

            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            why = KubernetesFindings.Unreadable(path, fault is UnauthorizedAccessException ? "permission denied" : fault.Message);
            return false;
        }
    }

    /// <summary>Everything up to the end, or one byte more than the limit.</summary>
    public static byte[] ReadToEnd(Stream stream)
    {
        var buffer = new byte[stream.CanSeek ? Math.Min(stream.Length + 1, ReadLimits.FileBytes + 1) : 64 * 1024];
        var length = 0;
        while (length <= ReadLimits.FileBytes)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, ReadLimits.FileBytes + 1L));
            var count = stream.Read(buffer, length, buffer.Length - length);
            if (count == 0)
                break;
            length += count;
        }

        return buffer.Length == length ? buffer : buffer[..length];
    }
}
