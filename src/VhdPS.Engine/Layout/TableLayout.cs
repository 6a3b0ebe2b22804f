using System.Numerics;
using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>Judges the place and the size of the block allocation table; its entries are not looked at.</summary>
internal static class TableLayout
{
    /// <summary>Returns the number of blocks that the disk has, and how many of them the table has entries for.</summary>
    /// <param name="draft">Receives the findings, and the table's place.</param>
    /// <param name="header">The header.</param>
    /// <param name="headerOffset">Its file offset.</param>
    /// <param name="sectorCount">Virtual sectors of the disk.</param>
    /// <param name="dataEnd">File offset where the footer at the end begins, or would have to.</param>
    /// <returns>Both 0 where the table cannot be used; fewer entries than blocks only where damage is read.</returns>
    public static (int BlockCount, int EntryCount) Check(
        LayoutDraft draft, DynamicDiskHeader header, long headerOffset, long sectorCount, long dataEnd)
    {
        void Add(FaultCode code, int at, string expected, string actual, string message, FaultEffect? effect = null)
        {
            var finding = new Finding(code, VhdStructure.DynamicHeader, headerOffset + at, expected, actual, message);
            draft.Findings.Add(effect is { } given ? finding with { Effect = given } : finding);
        }

        bool readsCut = draft.Options.ReadsCutTable;
        FaultEffect unlessForced = readsCut ? FaultEffect.ReadOnly : FaultEffect.UnreadableUnlessForced;

        uint blockSize = header.BlockSize;
        if (blockSize is < VhdSpec.SectorSize or > VhdSpec.MaxBlockSize || !BitOperations.IsPow2(blockSize))
        {
            Add(
                FaultCode.BlockSizeUnsupported, DynamicDiskHeader.BlockSizeAt, "a power of two from 512 to 268435456",
                Invariant($"{blockSize}"), "The block size is not usable.");
            return default;
        }

        long sectorsPerBlock = blockSize / VhdSpec.SectorSize;
        long blockCount = (sectorCount / sectorsPerBlock) + (sectorCount % sectorsPerBlock == 0 ? 0 : 1);
        if (header.MaxTableEntries < blockCount)
        {
            Add(
                FaultCode.TableEntriesTooFew, DynamicDiskHeader.MaxTableEntriesAt, $"{blockCount}", Invariant($"{header.MaxTableEntries}"),
                "The table has fewer entries than the disk has blocks.",
                blockCount > VhdSpec.MaxTableEntries ? FaultEffect.Unreadable : unlessForced);
            if (!readsCut || blockCount > VhdSpec.MaxTableEntries)
            {
                return default;
            }
        }

        if (header.MaxTableEntries > blockCount)
        {
            Add(
                FaultCode.TableEntriesTooMany, DynamicDiskHeader.MaxTableEntriesAt, $"{blockCount}", Invariant($"{header.MaxTableEntries}"),
                "The table has more entries than the disk has blocks.");
        }

        if (blockCount > VhdSpec.MaxTableEntries)
        {
            Add(
                FaultCode.TableTooLarge, DynamicDiskHeader.MaxTableEntriesAt, $"at most {VhdSpec.MaxTableEntries}", $"{blockCount}",
                "The table is too large.");
            return default;
        }

        // Entries are written in place: those of the disk's blocks must not reach into the footer.
        long entryCount = Math.Min(blockCount, header.MaxTableEntries);
        long storedLength = BlockAllocationTable.StoredBytes(header.MaxTableEntries);
        bool isCut = false;
        if (header.TableOffset > (ulong)dataEnd || draft.File.Length - (long)header.TableOffset < storedLength
            || dataEnd - (long)header.TableOffset < BlockAllocationTable.StoredBytes(entryCount))
        {
            // A table that begins in the file can be read as far as the file goes.
            long covered = header.TableOffset < (ulong)dataEnd ? (dataEnd - (long)header.TableOffset) / VhdSpec.TableEntrySize : 0;
            entryCount = Math.Min(entryCount, covered);
            Add(
                FaultCode.TablePastEnd, DynamicDiskHeader.TableOffsetAt, $"a place for {storedLength} bytes", $"0x{header.TableOffset:X}",
                "The table does not lie in the file.", covered > 0 ? unlessForced : FaultEffect.Unreadable);
            if (!readsCut || covered == 0)
            {
                return default;
            }

            isCut = true;
        }

        long tableOffset = (long)header.TableOffset;
        var table = new StructureExtent(
            VhdStructure.BlockAllocationTable, tableOffset, (isCut ? dataEnd : header.TableEnd) - tableOffset)
        {
            UsedLength = BlockAllocationTable.StoredBytes(entryCount),
        };
        if (tableOffset < VhdSpec.FooterSize
            || (tableOffset < headerOffset + VhdSpec.HeaderSize && headerOffset < tableOffset + Math.Max(1, storedLength)))
        {
            Add(
                FaultCode.TableOverlapsHeader, DynamicDiskHeader.TableOffsetAt, "a place after the header",
                Invariant($"{header.TableOffset}"), "The table overlaps the footer copy or the header.");
            return default;
        }

        if (tableOffset % VhdSpec.SectorSize != 0)
        {
            Add(
                FaultCode.TableNotAligned, DynamicDiskHeader.TableOffsetAt, "a multiple of 512", Invariant($"{header.TableOffset}"),
                "The table does not begin on a sector.");
        }

        draft.Structures.Add(table);
        if (header.MaxTableEntries > blockCount && entryCount == blockCount)
        {
            draft.BlocksPastDisk.AddRange(BlocksPastDisk.Read(draft, header, blockCount, dataEnd));
        }

        return ((int)blockCount, (int)entryCount);
    }
}
