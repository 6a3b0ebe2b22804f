using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>Room on the volume of a folder.</summary>
internal static class VolumeSpace
{
    /// <summary>Bytes that the caller may still write on the volume that holds <paramref name="folder"/>; null where the
    /// system does not tell.</summary>
    public static long? Of(string folder) => PlatformFile.Current.FreeBytes(Path.GetFullPath(folder));

    /// <summary>The longest file that the file system of <paramref name="folder"/> can hold, in bytes; null where no limit
    /// is known.</summary>
    public static long? MaxFileLength(string folder) =>
        PlatformFile.Current.FileSystemName(Path.GetFullPath(folder)) is { } name ? MaxFileLengthOn(name) : null;

    /// <summary>Refuses a file that the file system of <paramref name="targetPath"/> cannot hold.</summary>
    /// <exception cref="VhdOperationException">It would be longer than FAT's 4 GiB less a byte.</exception>
    public static void ThrowIfTooLong(string targetPath, long length)
    {
        string folder = FolderOf(targetPath);
        if (MaxFileLength(folder) is { } most && length > most)
        {
            throw new VhdOperationException(
                targetPath,
                OperationError.NotEnoughSpace,
                $"the new file may take {length} bytes, and the file system of {folder} holds no file of more than {most}.")
            {
                IsOverridable = true,
            };
        }
    }

    /// <summary>Whether the volume of <paramref name="targetPath"/> is known to have less space left than <paramref
    /// name="neededBytes"/>.</summary>
    public static bool HasLess(string targetPath, long neededBytes) => Of(FolderOf(targetPath)) is { } free && free < neededBytes;

    /// <summary>Refuses work that needs more room than the volume of <paramref name="targetPath"/> has.</summary>
    /// <exception cref="VhdOperationException">The volume has less than <paramref name="neededBytes"/> left.</exception>
    public static void ThrowIfLess(string targetPath, long neededBytes)
    {
        string folder = FolderOf(targetPath);
        if (Of(folder) is { } free && free < neededBytes)
        {
            throw new VhdOperationException(
                targetPath, OperationError.NotEnoughSpace, $"up to {neededBytes} bytes may be needed and {free} are free in {folder}.")
            { IsOverridable = true };
        }
    }

    /// <summary>Where the file lies or will lie: of a link, where it leads to.</summary>
    public static string FolderOf(string path)
    {
        string full = Path.GetFullPath(path);
        return Path.GetDirectoryName(RealPath.Resolve(full) ?? full)!;
    }

    /// <summary>FAT keeps lengths in 32 bits; Windows calls it FAT or FAT32, Linux and macOS msdos.</summary>
    internal static long? MaxFileLengthOn(string format) =>
        format.ToUpperInvariant() is "FAT" or "FAT32" or "MSDOS" or "VFAT" ? uint.MaxValue : null;
}
