using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VhdPS.Engine.Format;

/// <summary>
/// For each block the file sector of its bitmap, or <see cref="VhdSpec.UnusedEntry"/>. Holds 4 bytes a block; what lies in
/// the file after the last entry is padding and means nothing.
/// </summary>
internal sealed class BlockAllocationTable
{
    private readonly uint[] _entries;

    private BlockAllocationTable(uint[] entries) => _entries = entries;

    /// <summary>Entries in the table.</summary>
    public int Count => _entries.Length;

    /// <summary>The entries, in the machine's byte order.</summary>
    public ReadOnlySpan<uint> Entries => _entries;

    /// <summary>The file sector of a block's bitmap, or <see cref="VhdSpec.UnusedEntry"/>.</summary>
    public uint this[int blockIndex]
    {
        get => _entries[blockIndex];
        set => _entries[blockIndex] = value;
    }

    /// <summary>Bytes that so many entries take in a file, without what pads the last sector.</summary>
    public static long StoredBytes(long entryCount) => entryCount * VhdSpec.TableEntrySize;

    /// <summary>File offset of the entry of a block, or of the first byte past the last entry.</summary>
    public static long EntryOffset(long tableOffset, long blockIndex) => tableOffset + StoredBytes(blockIndex);

    /// <summary>File offset of the first byte past a table of so many entries and what pads its last sector.</summary>
    public static long End(long tableOffset, long entryCount) => VhdSpec.RoundUp(EntryOffset(tableOffset, entryCount), VhdSpec.SectorSize);

    /// <summary>A table with every block unused.</summary>
    public static BlockAllocationTable CreateUnused(int count)
    {
        uint[] entries = new uint[count];
        Array.Fill(entries, VhdSpec.UnusedEntry);
        return new BlockAllocationTable(entries);
    }

    /// <summary>Reads a table of <paramref name="count"/> entries, letting <paramref name="fill"/> put the stored bytes in place.</summary>
    public static BlockAllocationTable Read(int count, FillBytes fill)
    {
        uint[] entries = new uint[count];
        fill(MemoryMarshal.AsBytes(entries.AsSpan()));
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(entries, entries);
        }

        return new BlockAllocationTable(entries);
    }

    /// <summary>Writes the stored form of the entries from <paramref name="firstBlock"/> on; bytes after the last entry are 0xFF.</summary>
    public void Encode(int firstBlock, Span<byte> destination)
    {
        int count = Math.Clamp(_entries.Length - firstBlock, 0, destination.Length / VhdSpec.TableEntrySize);
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[(i * VhdSpec.TableEntrySize)..], _entries[firstBlock + i]);
        }

        destination[(count * VhdSpec.TableEntrySize)..].Fill(0xFF);
    }

    /// <summary>A table of <paramref name="count"/> entries that begins like this one; further entries are unused.</summary>
    public BlockAllocationTable WithCount(int count)
    {
        BlockAllocationTable table = CreateUnused(count);
        _entries.AsSpan(0, Math.Min(count, Count)).CopyTo(table._entries);
        return table;
    }

    /// <summary>Blocks whose entry is in use.</summary>
    public int CountAllocated()
    {
        int unused = 0;
        ReadOnlySpan<uint> rest = _entries;
        while (true)
        {
            int index = rest.IndexOf(VhdSpec.UnusedEntry);
            if (index < 0)
            {
                return _entries.Length - unused;
            }

            int run = rest[index..].IndexOfAnyExcept(VhdSpec.UnusedEntry);
            int length = run < 0 ? rest.Length - index : run;
            unused += length;
            rest = rest[(index + length)..];
        }
    }

    /// <summary>Fills a span with bytes of the file.</summary>
    public delegate void FillBytes(Span<byte> destination);
}
