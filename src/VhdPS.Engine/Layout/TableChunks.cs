using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// A table piece by piece: one pass over 16 Mi entries, which a file of a few KiB can claim, takes no more memory than one over few.
/// </summary>
internal static class TableChunks
{
    private const int ChunkEntries = 64 * 1024;

    /// <summary>The entries of the disk's blocks in their order; what lies past the end of the file reads as unused.</summary>
    /// <returns>The first block of each piece, and the entries, which are valid until the next piece is asked for.</returns>
    public static IEnumerable<(int FirstBlock, ReadOnlyMemory<uint> Entries)> Read(ImageFile file, ImageLayout layout)
    {
        uint[] entries = new uint[Math.Min(ChunkEntries, layout.BlockCount)];
        for (int first = 0; first < layout.BlockCount; first += entries.Length)
        {
            int count = Math.Min(entries.Length, layout.BlockCount - first);
            Fill(file, BlockAllocationTable.EntryOffset(layout.TableOffset, first), entries.AsSpan(0, count));
            yield return (first, entries.AsMemory(0, count));
        }
    }

    private static void Fill(ImageFile file, long fileOffset, Span<uint> entries)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(entries);
        bytes[file.ReadAt(fileOffset, bytes)..].Fill(0xFF);
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(entries, entries);
        }
    }
}
