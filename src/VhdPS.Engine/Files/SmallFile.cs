using System.Text;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>Short texts that lie beside images: read whole, replaced whole.</summary>
internal static class SmallFile
{
    private const int MaxLength = 1024 * 1024;

    /// <summary>The text of a file; null where there is none.</summary>
    public static string? TryRead(string path)
    {
        if (PlatformFile.Current.Stat(path).Kind == FileKind.Missing)
        {
            return null;
        }

        using LocalImageFile file = LocalImageFile.OpenRead(path);
        byte[] bytes = new byte[Math.Min(file.Length, MaxLength)];
        return Encoding.UTF8.GetString(bytes, 0, file.ReadAt(0, bytes));
    }

    /// <summary>Puts a text in a file's place in one step.</summary>
    public static void Replace(string path, string text)
    {
        using var target = ReplacementFile.Begin(path, overwrite: true);
        target.File.WriteAt(0, Encoding.UTF8.GetBytes(text));
        target.Commit();
    }
}
