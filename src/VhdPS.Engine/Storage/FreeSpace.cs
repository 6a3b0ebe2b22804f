namespace VhdPS.Engine.Storage;

/// <summary>Room on the volume of a folder.</summary>
public static class FreeSpace
{
    /// <summary>Bytes that the caller may still write on the volume that holds <paramref name="folder"/>; null where the system does not tell.</summary>
    public static long? Of(string folder)
    {
        try
        {
            string full = Path.GetFullPath(folder);
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Network shares have no drive letter: nothing is known, and the write itself will tell.
            return null;
        }
    }

    /// <summary>Refuses work that needs more room than the volume of <paramref name="targetPath"/> has.</summary>
    /// <exception cref="VhdRefusedException">The volume has less than <paramref name="neededBytes"/> left.</exception>
    public static void ThrowIfLess(string targetPath, long neededBytes)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(targetPath))!;
        if (Of(folder) is { } free && free < neededBytes)
        {
            throw new VhdRefusedException(
                targetPath, RefusalCode.NotEnoughSpace, $"the new file may need {neededBytes} bytes and {free} are free in {folder}; -Force tries all the same.");
        }
    }
}
