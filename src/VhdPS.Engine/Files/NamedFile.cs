using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>What is asked of a file by its path and without opening it.</summary>
internal static class NamedFile
{
    /// <summary>When a file's data were last changed, UTC.</summary>
    public static DateTime ModifiedUtc(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>Whether a path names a regular file.</summary>
    public static bool Exists(string path) => PlatformFile.Current.Stat(path).Kind == FileKind.Regular;

    /// <summary>What distinguishes a regular file from every other; null where the path names none.</summary>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    public static FileIdentity? IdentityOf(string path)
    {
        if (!Exists(path))
        {
            return null;
        }

        using var file = LocalImageFile.OpenRead(path);
        return file.Identity;
    }
}
