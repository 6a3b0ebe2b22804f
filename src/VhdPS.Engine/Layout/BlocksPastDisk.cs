using System.Buffers;
using System.Buffers.Binary;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Places in the file that table entries past the disk's last block name. A footer has two sizes; where the smaller one is
/// shown, the larger one's blocks are still data to other readers, and nothing may be put over them (I3).
/// </summary>
internal static class BlocksPastDisk
{
    private const int ChunkBytes = 256 * 1024;

    // More places than this are taken together as one: only a file made for it has so many.
    private const int MostExtents = 1024 * 1024;

    /// <summary>The places in the order of the file; entries that name no place for a block are left out.</summary>
    /// <param name="draft">The file and the structures found so far.</param>
    /// <param name="header">The header; its table lies in the file.</param>
    /// <param name="blockCount">Blocks of the disk.</param>
    /// <param name="dataEnd">File offset where the footer at the end begins, or would have to.</param>
    public static StructureExtent[] Read(LayoutDraft draft, DynamicDiskHeader header, long blockCount, long dataEnd)
    {
        long span = VhdSpec.BitmapSize((int)header.BlockSize) + (long)header.BlockSize;
        var entries = new HashSet<uint>();
        uint least = uint.MaxValue, most = 0;
        foreach (uint entry in ReadEntries(draft, header, blockCount, dataEnd))
        {
            if (entry != VhdSpec.UnusedEntry && ImageLayout.BitmapOffset(entry) < dataEnd
                && !IsInStructure(draft, ImageLayout.BitmapOffset(entry), span))
            {
                least = Math.Min(least, entry);
                most = Math.Max(most, entry);
                if (entries.Count < MostExtents)
                {
                    entries.Add(entry);
                }
            }
        }

        if (entries.Count == MostExtents)
        {
            long start = ImageLayout.BitmapOffset(least);
            return [new StructureExtent(VhdStructure.Data, start, ImageLayout.BitmapOffset(most) + span - start)];
        }

        return [.. entries.Order().Select(entry => new StructureExtent(VhdStructure.Data, ImageLayout.BitmapOffset(entry), span))];
    }

    private static bool IsInStructure(LayoutDraft draft, long start, long span)
    {
        // Asked millions of times: no closure.
        foreach (StructureExtent extent in draft.Structures)
        {
            if (start < extent.FileOffset + extent.UsedLength && extent.FileOffset < start + span)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<uint> ReadEntries(LayoutDraft draft, DynamicDiskHeader header, long blockCount, long dataEnd)
    {
        long at = BlockAllocationTable.EntryOffset((long)header.TableOffset, blockCount);
        long end = Math.Min(header.EntriesEnd, dataEnd);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(end - at, 1, ChunkBytes));
        try
        {
            while (at < end)
            {
                int length = draft.File.ReadAt(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)));
                length -= length % VhdSpec.TableEntrySize;
                if (length == 0)
                {
                    yield break;
                }

                // Nearly always all of them are unused.
                for (int i = buffer.AsSpan(0, length).IndexOfAnyExcept((byte)0xFF); i >= 0 && i < length; i += VhdSpec.TableEntrySize)
                {
                    i -= i % VhdSpec.TableEntrySize;
                    yield return BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(i));
                }

                at += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
