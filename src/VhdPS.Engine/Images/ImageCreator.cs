using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Images;

/// <summary>Writes the structures of new, empty images.</summary>
public static class ImageCreator
{
    private const int TableChunk = 64 * 1024;

    /// <summary>Makes an empty image; on failure nothing is left, and what was there before stays.</summary>
    /// <param name="path">Where the file will be.</param>
    /// <param name="image">What it is to be.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="sync">Whether the image is put on the medium; without it nothing that exists is replaced.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="image"/> is out of its range.</exception>
    /// <exception cref="VhdOperationException">The file exists and may not be replaced.</exception>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public static void Create(string path, NewImage image, bool overwrite = false, bool sync = true)
    {
        if (!sync)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(path);
        }

        if (image.VhdType == VhdType.Differencing)
        {
            throw new ArgumentException("A differencing image is made of a parent.", nameof(image));
        }

        HardDiskFooter footer = image.CreateFooter();
        using var target = ReplacementFile.Begin(path, overwrite && sync);
        if (image.VhdType == VhdType.Fixed)
        {
            WriteFixed(target.File, footer);
        }
        else
        {
            WriteDynamic(target.File, footer, DynamicDiskHeader.Create(
                VhdSpec.FooterSize + VhdSpec.HeaderSize, image.TableEntryCount, image.BlockSize));
        }

        target.Commit(sync);
    }

    /// <summary>Writes a fixed image whose data is one hole where the file system can: zeros, and the footer after them.</summary>
    internal static void WriteFixed(ImageFile file, HardDiskFooter footer) =>
        file.WriteAt((long)footer.CurrentSize, footer.Bytes);

    /// <summary>Writes footer copy, header, an unused table, what lies after it and the footer.</summary>
    /// <param name="file">The empty file.</param>
    /// <param name="footer">The footer.</param>
    /// <param name="header">The header.</param>
    /// <param name="afterTable">The paths of parent locators, a whole number of sectors.</param>
    internal static void WriteDynamic(
        ImageFile file, HardDiskFooter footer, DynamicDiskHeader header, ReadOnlySpan<byte> afterTable = default)
    {
        long tableOffset = (long)header.TableOffset;
        long tableEnd = header.TableEnd;
        int chunk = (int)Math.Min(TableChunk, tableEnd);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(TableChunk);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, TableChunk);
            bytes.Fill(0xFF);
            bytes[..(int)Math.Min(tableOffset, chunk)].Clear();
            footer.Bytes.CopyTo(bytes);
            header.Bytes.CopyTo(bytes[(int)footer.DataOffset..]);
            file.WriteAt(0, bytes[..chunk]);
            bytes[..(int)Math.Min(tableOffset, chunk)].Fill(0xFF);
            for (long at = chunk; at < tableEnd; at += TableChunk)
            {
                file.WriteAt(at, bytes[..(int)Math.Min(TableChunk, tableEnd - at)]);
            }

            if (!afterTable.IsEmpty)
            {
                file.WriteAt(tableEnd, afterTable);
            }

            file.WriteAt(tableEnd + afterTable.Length, footer.Bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
