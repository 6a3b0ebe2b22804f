using System.Text;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>
/// Lines that are only ever added, in a file that one process at a time has: what remembers how far a work has come. A line
/// that was cut off by a crash is not there.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    private const int MaxLength = 4 * 1024 * 1024;

    private readonly LocalImageFile _file;
    private long _end;

    private JournalFile(LocalImageFile file, IReadOnlyList<string> lines, long end)
    {
        _file = file;
        Lines = lines;
        _end = end;
    }

    /// <summary>The full path.</summary>
    public string Path => _file.Path;

    /// <summary>The whole lines that the file held when it was opened.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Reads the lines of a journal that no one has open; null where there is none.</summary>
    /// <exception cref="ImageInUseException">Another process works by it.</exception>
    public static IReadOnlyList<string>? TryRead(string path)
    {
        if (PlatformFile.Current.Stat(path).Kind == FileKind.Missing)
        {
            return null;
        }

        using LocalImageFile file = LocalImageFile.OpenRead(path);
        return ReadLines(file, out _);
    }

    /// <summary>Opens a journal, made empty where there is none, for this process alone.</summary>
    /// <exception cref="ImageInUseException">Another process works by it.</exception>
    public static JournalFile Open(string path)
    {
        LocalImageFile file = PlatformFile.Current.Stat(path).Kind == FileKind.Missing
            ? LocalImageFile.CreateNew(path)
            : LocalImageFile.OpenWrite(path);
        try
        {
            IReadOnlyList<string> lines = ReadLines(file, out long end);
            return new JournalFile(file, lines, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Begins anew with one line, which is on the medium when this returns.</summary>
    public void Restart(string firstLine)
    {
        _file.SetLength(0);
        _end = 0;
        Append(firstLine);
        _file.Flush();
        PlatformFile.Current.SyncFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
    }

    /// <summary>Adds a line. Not synced: a line that is lost costs work that is done again, and never more.</summary>
    public void Append(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        _file.WriteAt(_end, bytes);
        _end += bytes.Length;
    }

    /// <summary>Deletes the file, and closes it.</summary>
    public void Delete()
    {
        // Windows deletes no open file; elsewhere no other process may take it up between the two.
        if (OperatingSystem.IsWindows())
        {
            _file.Dispose();
        }

        PartialFile.Delete(Path);
        _file.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static List<string> ReadLines(LocalImageFile file, out long end)
    {
        end = 0;
        byte[] bytes = new byte[Math.Min(file.Length, MaxLength)];
        int length = file.ReadAt(0, bytes);
        var lines = new List<string>();
        for (int at = 0; at < length;)
        {
            int stop = bytes.AsSpan(at, length - at).IndexOf((byte)'\n');
            if (stop < 0 || bytes.AsSpan(at, stop).Contains((byte)0))
            {
                break;
            }

            lines.Add(Encoding.UTF8.GetString(bytes, at, stop));
            at += stop + 1;
            end = at;
        }

        return lines;
    }
}
