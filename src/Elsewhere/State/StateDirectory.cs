using System.Globalization;
using System.Text.Json;
using Elsewhere.Model;

namespace Elsewhere.State;

/// <summary>
/// The directory where one instance keeps what must outlive it: the addresses it gave. Held by a lock of the operating system, which
/// ends with the process, however it ends. Every file is replaced as a whole, so that kill -9 at any moment leaves a readable one.
/// </summary>
internal sealed class StateDirectory : IDisposable
{
    private const string AddressFile = "addresses.json", InstanceFile = "instance.json", LockFile = "lock";
    // EROFS, errno(3).
    private const int ReadOnlyFileSystem = 30;
    private readonly FileStream held;
    private AddressBook kept = AddressBook.Empty;

    private StateDirectory(string path, FileStream held) => (Path, this.held) = (path, held);

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>
    /// The place for this user: <c>/var/lib/elsewhere</c> for root, <c>$XDG_STATE_HOME/elsewhere</c> or
    /// <c>~/.local/state/elsewhere</c> for others.
    /// </summary>
    internal static string Default() =>
        Libc.EffectiveUser() == 0 ? SystemWide
        : System.Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state && System.IO.Path.IsPathRooted(state) ? System.IO.Path.Combine(state, "elsewhere")
        : InHome(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile));

    private static string SystemWide => "/var/lib/elsewhere";

    private static string InHome(string home) => System.IO.Path.Combine(home, ".local", "state", "elsewhere");

    /// <summary>Where an instance may be found that this user can reach: the own place, the one of root, the one of who called sudo.</summary>
    internal static IEnumerable<string> Places()
    {
        yield return Default();
        yield return SystemWide;
        if (System.Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user && !user.Contains('/', StringComparison.Ordinal))
            yield return InHome($"/home/{user}");
    }

    /// <summary>Takes the directory, making it if need be.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="problem">Why it cannot be had, as a sentence with what to do; null if it was.</param>
    /// <param name="isHeld">Whether another instance has it.</param>
    internal static StateDirectory? Take(string path, out string? problem, out bool isHeld)
    {
        isHeld = false;
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            var file = System.IO.Path.Combine(path, LockFile);
            FileStream held;
            try
            {
                held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (File.Exists(file) && (e.HResult & 0xffff) != ReadOnlyFileSystem)
            {
                isHeld = true;
                var who = ReadInstance(path) is { } other ? string.Create(CultureInfo.InvariantCulture, $" (process {other.Info.ProcessId})") : "";
                problem = $"another elsewhere{who} uses the state directory {path}; stop it, or give this one its own: --state DIR";
                return null;
            }

            problem = null;
            return new StateDirectory(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"the state directory {path} cannot be used: {e.Message} Name another one: --state DIR";
            return null;
        }
    }

    /// <summary>
    /// The addresses given before; empty if there are none. A file that is not what this program writes is renamed to
    /// <c>addresses.json.broken</c> and a finding says so: addresses are then given anew.
    /// </summary>
    internal AddressBook ReadAddresses(out Finding? finding)
    {
        finding = null;
        var path = System.IO.Path.Combine(Path, AddressFile);
        try
        {
            return kept = ParseAddresses(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return AddressBook.Empty;
        }
        catch (Exception e) when (e is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            finding = StateFindingCodes.StateBroken.On(ObjectRef.None, "", $"{path} cannot be read: {e.Message}",
                $"nothing needs to be done: it is kept as {AddressFile}.broken, and service addresses may differ from before", new SourcePlace(path, 1, 0));
            SetAside(path);
            return AddressBook.Empty;
        }
    }

    /// <summary>The addresses that an instance keeps, without taking its directory; empty if they cannot be read.</summary>
    internal static AddressBook PeekAddresses(string path)
    {
        try
        {
            return ParseAddresses(File.ReadAllBytes(System.IO.Path.Combine(path, AddressFile)));
        }
        catch (Exception e) when (e is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            return AddressBook.Empty;
        }
    }

    /// <summary>Keeps the addresses; does nothing if they are as they were.</summary>
    /// <exception cref="IOException">The disk is full or read-only; what was kept before still stands.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there any more.</exception>
    internal void WriteAddresses(AddressBook book)
    {
        if (book == kept)
            return;
        var entries = book.Entries.Select(static entry => new AddressFileEntry(entry.Key.Namespace, entry.Key.Name, entry.Address.ToString())).ToArray();
        var content = JsonSerializer.SerializeToUtf8Bytes(new AddressFileContent(1, entries), StateJson.Default.AddressFileContent);
        AtomicFile.Write(System.IO.Path.Combine(Path, AddressFile), content);
        kept = book;
    }

    /// <summary>Tells other commands where this instance answers.</summary>
    /// <exception cref="IOException">The disk is full or read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there any more.</exception>
    internal void WriteInstance(InstanceInfo info) =>
        AtomicFile.Write(System.IO.Path.Combine(Path, InstanceFile), JsonSerializer.SerializeToUtf8Bytes(info, StateJson.Default.InstanceInfo));

    /// <summary>The instance that runs on a state directory; null if none does, also if one was killed and left its file.</summary>
    internal static RunningInstance? ReadInstance(string path)
    {
        try
        {
            var info = JsonSerializer.Deserialize(File.ReadAllBytes(System.IO.Path.Combine(path, InstanceFile)), StateJson.Default.InstanceInfo);
            return info is not null && ProcessTime.Of(info.ProcessId) is { } started && (info.StartTime == 0 || started == info.StartTime) ? new RunningInstance(path, info) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Says that this instance answers no more, and gives the directory free.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(System.IO.Path.Combine(Path, InstanceFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Readers see that the process is gone.
        }

        held.Dispose();
    }

    private static AddressBook ParseAddresses(byte[] content)
    {
        var file = JsonSerializer.Deserialize(content, StateJson.Default.AddressFileContent);
        if (file is not { Version: 1 })
            throw new FormatException("it is of another version of elsewhere.");
        return new AddressBook(file.Addresses
            .Select(static entry => new AddressEntry(new ObjectKey(entry.Namespace, entry.Name), IPText.Parse(entry.Address)))
            .OrderBy(static entry => entry.Key).ThenBy(static entry => entry.Address.AddressFamily).ToSeq());
    }

    private static void SetAside(string path)
    {
        try
        {
            File.Move(path, path + ".broken", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next write replaces it.
        }
    }
}
