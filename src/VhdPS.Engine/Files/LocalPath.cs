using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>Judges a path before anything is done with it, by the full path that the system makes of it.</summary>
internal static class LocalPath
{
    private const string LiteralPrefix = @"\\?\";
    private const string NetworkPrefix = @"\\?\UNC\";
    private const string DevicePrefix = @"\\.\";
    private const string NoNameHas = "<>\"|?*:";

    /// <summary>
    /// The path, on Windows without the prefix <c>\\?\</c> where it names the same file without: nothing counts from such a path
    /// by <c>.</c> and <c>..</c>, and no other system understands it.
    /// </summary>
    /// <exception cref="ArgumentException">No file can have the name.</exception>
    /// <exception cref="VhdFormatException">It is the name of a device or a pipe.</exception>
    public static string Judge(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{path.Replace("\0", "\\0", StringComparison.Ordinal)}: a path has no NUL characters.");
        }

        if (!OperatingSystem.IsWindows() || path.Length == 0)
        {
            return path;
        }

        string full = Path.GetFullPath(path);
        if (IsDevice(full))
        {
            LocalImageFile.ThrowIfNotRegular(path, FileKind.Other);
        }

        string bare = WithoutPrefix(full);
        foreach (char character in bare.AsSpan(Path.GetPathRoot(bare)!.Length))
        {
            if (character < ' ' || NoNameHas.Contains(character, StringComparison.Ordinal))
            {
                string shown = character < ' ' ? $"the control character {(int)character}" : $"'{character}'";
                throw new ArgumentException($"{path}: {shown} cannot be in the name of a file.");
            }
        }

        return bare == full ? path : bare;
    }

    /// <summary>Whether Windows takes a full path for that of a device: <c>NUL</c>, <c>COM1</c>, a pipe, a drive.</summary>
    internal static bool IsDevice(string fullPath) =>
        fullPath.StartsWith(DevicePrefix, StringComparison.Ordinal)
        || fullPath.StartsWith(@"\??\", StringComparison.Ordinal)
        || (fullPath.StartsWith(LiteralPrefix, StringComparison.Ordinal) && !IsDrive(fullPath.AsSpan(LiteralPrefix.Length))
            && !fullPath.StartsWith(NetworkPrefix, StringComparison.OrdinalIgnoreCase));

    private static string WithoutPrefix(string fullPath)
    {
        string bare = fullPath.StartsWith(NetworkPrefix, StringComparison.OrdinalIgnoreCase) ? @"\\" + fullPath[NetworkPrefix.Length..]
            : fullPath.StartsWith(LiteralPrefix, StringComparison.Ordinal) ? fullPath[LiteralPrefix.Length..]
            : fullPath;

        // The prefix alone names files such as "nul.vhd" and "name.": for these it stays.
        return Path.GetFullPath(bare) == bare ? bare : fullPath;
    }

    private static bool IsDrive(ReadOnlySpan<char> path) => path is [_, ':', '\\', ..] && char.IsAsciiLetter(path[0]);
}
