using VhdPS.Engine.Files.Native;


namespace VhdPS.Engine.Files;

/// <summary>A new file that is made under a name of its own over several runs, and takes its target's name when it is whole.</summary>
internal static class PartialFile
{
    /// <summary>When a file was last written to, UTC.</summary>
    public static DateTime LastWriteTime(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>Deletes a file where there is one.</summary>
    /// <exception cref="ImageAccessException">This user may not.</exception>
    /// <exception cref="ImageIOException">The system refused.</exception>
    public static void Delete(string path)
    {
        try
        {
            HeldFile.Retry(() => File.Delete(path));
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ImageAccessException(path, "this user may not delete it", error);
        }
        catch (IOException error)
        {
            throw new ImageIOException(path, ImageIOOperation.Delete, null, error);
        }
    }

    /// <summary>Gives a closed and synced file its name.</summary>
    /// <exception cref="VhdOperationException">Meanwhile someone has made the target.</exception>
    /// <exception cref="ImageAccessException">This user may not change the folder's entries.</exception>
    /// <exception cref="ImageIOException">The system refused.</exception>
    public static void Commit(string path, string targetPath, bool overwrite)
    {
        try
        {
            HeldFile.Retry(() => File.Move(path, targetPath, overwrite));
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ImageAccessException(targetPath, "this user may not replace it or its folder's entries", error);
        }
        catch (IOException error)
        {
            throw !overwrite && File.Exists(targetPath)
                ? new VhdOperationException(targetPath, OperationError.TargetExists, "the file exists already.")
                : new ImageIOException(targetPath, ImageIOOperation.Replace, null, error);
        }

        PlatformFile.Current.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(targetPath))!);
    }
}
