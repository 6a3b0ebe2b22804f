using System.Globalization;
using System.Security.Cryptography;

namespace VhdPS.Engine.Files;

/// <summary>A new file that was being written beside its target when its process was killed: it never got its name.</summary>
internal static class StaleFile
{
    private const string Prefix = ".vhdps-";
    private const string Suffix = ".tmp";

    /// <summary>The files in a folder that such runs have left; those of runs that still go on are locked and not among them.</summary>
    public static IReadOnlyList<string> FindIn(string folder) => FindIn(folder, except: null);

    internal static IReadOnlyList<string> FindIn(string folder, string? except)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}")
                .Where(path => path != except && IsUnused(path))
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A name for a new file until it is whole: 19 characters, whatever its target's.</summary>
    internal static string NewName() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{RandomNumberGenerator.GetInt32(int.MaxValue):x8}{Suffix}");

    private static bool IsUnused(string path)
    {
        try
        {
            LocalImageFile.OpenWrite(path).Dispose();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
