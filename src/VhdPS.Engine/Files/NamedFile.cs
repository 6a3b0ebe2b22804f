namespace VhdPS.Engine.Files;

/// <summary>What is asked of a file by its path and without opening it.</summary>
internal static class NamedFile
{
    /// <summary>When a file's data were last changed, UTC.</summary>
    public static DateTime ModifiedUtc(string path) => File.GetLastWriteTimeUtc(path);
}
