using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>What is asked of a file, or done to it, by its path and without opening it.</summary>
internal static class NamedFile
{
    /// <summary>Whether there is a file, not a folder, at a path.</summary>
    public static bool Exists(string? path) => File.Exists(path);

    /// <summary>When a file's data were last changed, UTC.</summary>
    public static DateTime ModifiedUtc(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>Gives a file another path in the same volume.</summary>
    public static void Move(string path, string newPath, bool overwrite) => File.Move(path, newPath, overwrite);

    /// <summary>Deletes a file; nothing happens where there is none.</summary>
    public static void Delete(string path) => File.Delete(path);

    /// <summary>Deletes a file and syncs its folder, so that the file stays deleted after a power cut.</summary>
    public static void DeleteDurably(string path)
    {
        File.Delete(path);
        PlatformFile.Current.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
