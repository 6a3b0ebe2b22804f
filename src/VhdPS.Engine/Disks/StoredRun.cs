using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Disks;

/// <summary>Adjacent bytes of a disk that lie together in one file, or in none.</summary>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="File">The file that has exactly these bytes and may be shared with; null where there is none.</param>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="IsZero">Whether they are zeros that no file has.</param>
internal readonly record struct StoredRun(long Length, LocalImageFile? File, long FileOffset, bool IsZero = false)
{
    /// <summary>Bytes that are read, wherever they come from.</summary>
    public static StoredRun Unshared(long length) => new(length, null, -1);

    /// <summary>Zeros that no file has.</summary>
    public static StoredRun Zero(long length) => new(length, null, -1, IsZero: true);

    /// <summary>A run in a file, of which only what lies before an offset of that file is as the disk shows it.</summary>
    public static StoredRun InFile(long length, LocalImageFile? file, long fileOffset, long end)
    {
        // Whole sectors of the disk: only those are read.
        long inside = Math.Max(0, end - fileOffset) / VhdSpec.SectorSize * VhdSpec.SectorSize;
        return file is null || inside == 0 ? Unshared(length) : new StoredRun(Math.Min(length, inside), file, fileOffset);
    }
}
