using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Hash;

/// <summary>What a manifest was made of: which disk, and in which state its files were.</summary>
/// <param name="UniqueId">The image's identity; all zeros for a disk that has none.</param>
/// <param name="SizeBytes">The disk's size.</param>
/// <param name="SizeRule">The rule that gave the size; <see cref="SizeRule.Auto"/> where there is only one size.</param>
/// <param name="FilesStamp">Stands for the lengths and times of the last write of all files that the disk lies in: equal only where none
/// was changed since. Empty where the disk was not read as everyone reads it, or is in no image.</param>
public sealed record ManifestOrigin(Guid UniqueId, long SizeBytes, SizeRule SizeRule, string FilesStamp)
{
    private const int StampBytes = 16;

    /// <summary>What a manifest of an open disk is made of; to be asked before it is hashed.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="isPlain">Whether it is read as everyone reads it: not past damage, nor without its bitmaps.</param>
    /// <exception cref="VhdFormatException">A parent cannot be found.</exception>
    public static ManifestOrigin Of(DiskSource source, bool isPlain)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ManifestOrigin(
            source.Image?.Id ?? Guid.Empty,
            source.SizeBytes,
            source.Layout?.Size.Rule ?? SizeRule.Auto,
            isPlain && source.Image is not null ? Stamp(source) : string.Empty);
    }

    private static string Stamp(DiskSource source)
    {
        if (source.ImageType == VhdType.Differencing)
        {
            // The parents are opened when the first of their sectors is asked for.
            source.FindExtent(0);
        }

        var text = new StringBuilder();
        foreach (string path in source.FilePaths)
        {
            using LocalImageFile file = LocalImageFile.OpenRead(path);
            text.Append(CultureInfo.InvariantCulture, $"{file.Length}:{file.LastWriteTime.Ticks};");
        }

        return text.Length == 0
            ? string.Empty
            : System.Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())).AsSpan(0, StampBytes));
    }
}
