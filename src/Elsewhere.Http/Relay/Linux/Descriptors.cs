namespace Elsewhere.Http.Relay.Linux;

/// <summary>
/// How many file descriptors the relay may have. It stops before the process runs out, because the rest of the process (DNS, files) needs
/// some too, and because whoever has none left cannot even refuse a client.
/// </summary>
internal sealed unsafe class Descriptors
{
    private const ulong Wanted = 1_048_576;
    private readonly long most;
    private long used;

    private Descriptors(long limit, long most) => (this.Limit, this.most) = (limit, most);

    /// <summary>The process's limit.</summary>
    public long Limit { get; }

    public long Used => Volatile.Read(ref used);

    /// <summary>How many are left.</summary>
    public long Free => most - Used;

    /// <summary>Raises the soft limit to the hard one, and the hard one too where this user may, then takes all but a reserve.</summary>
    public static Descriptors Raise()
    {
        var limit = stackalloc ulong[2];
        if (Libc.GetLimit(Libc.DescriptorLimit, limit) != 0)
            return Of(1024);
        var raised = stackalloc ulong[2] { Math.Max(limit[1], Wanted), Math.Max(limit[1], Wanted) };
        if (limit[1] >= Wanted || Libc.SetLimit(Libc.DescriptorLimit, raised) != 0)
        {
            raised[0] = raised[1] = limit[1];
            _ = Libc.SetLimit(Libc.DescriptorLimit, raised);
        }

        return Libc.GetLimit(Libc.DescriptorLimit, limit) == 0 ? Of((long)Math.Min(limit[0], int.MaxValue)) : Of(1024);
    }

    /// <summary>All but what the process has open already and a reserve for what it will open besides.</summary>
    public static Descriptors Of(long limit) => new(limit, Math.Max(8, limit - Open() - Math.Clamp(limit / 8, 32, 256)));

    /// <summary>So many and no more; for tests.</summary>
    public static Descriptors Exactly(long count) => new(count, count);

    public bool TryTake(int count)
    {
        if (Interlocked.Add(ref used, count) <= most)
            return true;
        Interlocked.Add(ref used, -count);
        return false;
    }

    public void Return(int count) => Interlocked.Add(ref used, -count);

    private static long Open()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount();
        }
        catch (IOException)
        {
            return 64;
        }
    }
}
