using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Files;

namespace VhdPS.Bench.Compare;

/// <summary>Puts files into the page cache as a reader finds them there.</summary>
/// <remarks>
/// Linux keeps what was written in pages as large as each write's offset allows, and what was read ahead in pages as large
/// as the file allows. A file just written at odd offsets would be read more slowly than the same file a day later.
/// </remarks>
internal static partial class PageCache
{
    private const int DontNeed = 4;

    /// <summary>Drops a synced file from the cache, where the system lets us, and reads its data from the medium.</summary>
    public static void ReadAnew(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        if (OperatingSystem.IsLinux())
        {
            _ = Advise(file.Handle, 0, 0, DontNeed);
        }

        byte[] buffer = new byte[BenchData.ChunkBytes];
        for (long at = 0; file.TryFindData(at, out long offset, out long end); at = end)
        {
            for (int count; offset < end; offset += count)
            {
                count = file.ReadAt(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)));
            }
        }
    }

    /// <summary>Makes a file of so many bytes and deletes it, so that the next one finds free memory at hand.</summary>
    /// <remarks>
    /// A virtual machine gives memory that is free for a while back to its host, and whoever wants it again first waits for it: the
    /// same cp of 2 GiB took 0.6 or 3.4 s.
    /// </remarks>
    public static void FreeMemory(string path, long lengthBytes)
    {
        using (FileStream file = File.Create(path))
        {
            byte[] chunk = new byte[BenchData.ChunkBytes];
            for (long at = 0; at < lengthBytes; at += chunk.Length)
            {
                file.Write(chunk);
            }
        }

        File.Delete(path);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle handle, long offset, long length, int advice);
}
