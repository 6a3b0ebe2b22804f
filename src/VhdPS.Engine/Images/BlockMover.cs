using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>
/// Moves blocks of an image within its file so that a crash at any moment leaves each whole at its old place or its new one:
/// <list type="bullet">
/// <item>M1: a block is copied only to where no structure, no footer, no published entry and no copy of this round lies.</item>
/// <item>M2: an entry is changed only after the copy that it will name has been synced.</item>
/// <item>M3: an old place is free only after the sync after the change of its entry.</item>
/// <item>M4: the footer at the end is written farther on, and synced, before a copy is laid over its old place.</item>
/// <item>M5: a copy has no bitmap until all of its round are synced, and an old place none once it is free: a round that is cut
/// off leaves nothing that looks like a block whose entry was lost.</item>
/// </list>
/// A round is any number of <see cref="Copy"/> and one <see cref="Publish"/>. Cutting a round short needs nothing undone.
/// </summary>
internal sealed class BlockMover(ImageFile file, ImageLayout layout, BlockAllocationTable table, FooterWriter footers)
{
    private const int EntriesPerSector = VhdSpec.SectorSize / VhdSpec.TableEntrySize;
    private const int CopyChunk = 1024 * 1024;

    private readonly SortedDictionary<int, uint> _copied = [];

    /// <summary>Where the bitmap goes of a block that is to lie at or after <paramref name="fileOffset"/>, its data on 4 KiB.</summary>
    /// <exception cref="VhdOperationException">A table entry cannot name the place.</exception>
    public static long PlaceBlock(ImageLayout layout, long fileOffset)
    {
        long bitmapOffset = VhdSpec.RoundUp(fileOffset + layout.BitmapSize, VhdSpec.DataAlignment) - layout.BitmapSize;
        return bitmapOffset / VhdSpec.SectorSize < VhdSpec.UnusedEntry
            ? bitmapOffset
            : throw new VhdOperationException(
                layout.Path, OperationError.ImageFull,
                    $"the image is full: a block would lie at offset {bitmapOffset}, and a table entry reaches to 2 TiB.");
    }

    /// <summary>Copies a block to a free place (M1); the entry follows with <see cref="Publish"/>.</summary>
    public void Copy(int blockIndex, long bitmapOffset)
    {
        uint entry = table[blockIndex];
        long source = ImageLayout.BitmapOffset(entry);
        long end = bitmapOffset + layout.BlockSpan;
        if (end > footers.EndOffset)
        {
            footers.MoveEnd(end);
        }

        // QUIRK(DiscUtils): of a short last block only the disk's part is the block's; the footer may lie in the rest.
        long used = layout.BitmapSize + ((long)layout.SectorsInBlock(blockIndex) * VhdSpec.SectorSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(CopyChunk, layout.BlockSpan));
        try
        {
            for (long done = 0; done < layout.BitmapSize;)
            {
                // M5
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(Math.Min(CopyChunk, buffer.Length), layout.BitmapSize - done));
                chunk.Clear();
                file.WriteAt(bitmapOffset + done, chunk);
                done += chunk.Length;
            }

            for (long done = layout.BitmapSize; done < layout.BlockSpan;)
            {
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(Math.Min(CopyChunk, buffer.Length), layout.BlockSpan - done));
                int own = (int)Math.Clamp(used - done, 0, chunk.Length);
                int count = own == 0 ? 0 : file.ReadAt(source + done, chunk[..own]);
                chunk[count..].Clear();
                file.WriteAt(bitmapOffset + done, chunk);
                done += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _copied[blockIndex] = (uint)(bitmapOffset / VhdSpec.SectorSize);
    }

    /// <summary>Takes a block out of the file with the next <see cref="Publish"/>; whatever reads it must see the same without
    /// it.</summary>
    public void Drop(int blockIndex) => _copied[blockIndex] = VhdSpec.UnusedEntry;

    /// <summary>Syncs the copies and their bitmaps, changes the entries, and syncs those: then the old places are free (M2, M3).</summary>
    public void Publish()
    {
        if (_copied.Count == 0)
        {
            return;
        }

        file.Flush();
        PutBitmaps();
        uint[] oldEntries = [.. _copied.Keys.Select(blockIndex => table[blockIndex])];
        foreach ((int blockIndex, uint entry) in _copied)
        {
            table[blockIndex] = entry;
        }

        byte[] sector = new byte[VhdSpec.SectorSize];
        foreach (int tableSector in _copied.Keys.Select(blockIndex => blockIndex / EntriesPerSector).Distinct())
        {
            int first = tableSector * EntriesPerSector;
            Span<byte> bytes = sector.AsSpan(0, Math.Min(EntriesPerSector, table.Count - first) * VhdSpec.TableEntrySize);
            table.Encode(first, bytes);
            file.WriteAt(layout.TableOffset + ((long)tableSector * VhdSpec.SectorSize), bytes);
        }

        file.Flush();
        byte[] none = new byte[layout.BitmapSize];
        foreach (uint entry in oldEntries)
        {
            file.WriteAt(ImageLayout.BitmapOffset(entry), none);
        }

        _copied.Clear();
    }

    private void PutBitmaps()
    {
        byte[] bitmap = new byte[layout.BitmapSize];
        bool isAny = false;
        foreach ((int blockIndex, uint entry) in _copied)
        {
            if (entry != VhdSpec.UnusedEntry)
            {
                bitmap.AsSpan(file.ReadAt(ImageLayout.BitmapOffset(table[blockIndex]), bitmap)..).Clear();
                file.WriteAt(ImageLayout.BitmapOffset(entry), bitmap);
                isAny = true;
            }
        }

        if (isAny)
        {
            file.Flush();
        }
    }
}
